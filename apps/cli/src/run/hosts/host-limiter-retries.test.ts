import { describe, expect, it } from 'vitest';
import { lineOf, takeAll } from '../../testing/fetch-lines.ts';
import type { FetchLine } from '../input/fetch-line.ts';
import { HostLimiter } from './host-limiter.ts';

describe('HostLimiter and lines that wait for their next attempt', () => {
  const clock = { ms: 0 };
  const limiterOf = (options: { perHost?: number; maxHeld?: number } = {}) => {
    clock.ms = 1_000;
    return new HostLimiter({ perHost: 8, now: () => clock.ms, ...options });
  };
  const bad = (): FetchLine => ({ ...lineOf('a'), shownUrl: 'bad' });

  /**
   * What becomes of lines that take 10 ms each, of which bad ones fail three times, a second apart.
   * @returns when the last one had its result, the most that were out at one time, and how often lines went out
   */
  function runLines(limiter: HostLimiter, list: readonly FetchLine[]): { ms: number; mostOut: number; times: number } {
    const startedMs = clock.ms;
    const waiting = [...list];
    let [ended, mostOut, times] = [0, 0, 0];
    while (ended < list.length) {
      const out: FetchLine[] = [];
      while (waiting.length > 0 && !limiter.full) {
        const line = waiting.shift();
        if (line && limiter.acquire(line)) out.push(line);
      }
      out.push(...takeAll(limiter));
      times += out.length;
      mostOut = Math.max(mostOut, out.length);
      clock.ms += out.length > 0 ? 10 : Math.max(1, limiter.nextChangeMs ?? 1);
      for (const line of out) {
        const attempts = (line.attemptsBefore ?? 0) + 1;
        if (line.shownUrl === 'bad' && attempts < 3) limiter.retry({ ...line, attemptsBefore: attempts }, 1_000);
        else {
          limiter.release(line, line.shownUrl === 'bad' ? 'failed' : 'well');
          ended += 1;
        }
      }
    }
    expect([limiter.held, limiter.retrying, limiter.nextChangeMs]).toEqual([0, 0, null]);
    return { ms: clock.ms - startedMs, mostOut, times };
  }

  it.each([
    ['every tenth page', (n: number) => n % 10 === 0],
    ['the first pages', (n: number) => n < 50],
    ['the last pages', (n: number) => n >= 450],
  ])('lets other lines of the host out meanwhile when %s always fail', (_which, isBad) => {
    const list = Array.from({ length: 500 }, (_, n) => (isBad(n) ? bad() : lineOf('a')));
    const { ms, mostOut, times } = runLines(limiterOf(), list);
    expect(times).toBe(450 + 3 * 50);
    expect(mostOut).toBe(8);
    // Without waiting (450 + 3 × 50) / 8 × 10 ms, and the last ones wait for two seconds. With their places kept it would be 13 s.
    expect(ms).toBeLessThan(4_000);
  });

  it('asks a host slowly that answers nothing, so that an outage takes few lines their attempts', () => {
    const limiter = limiterOf();
    const out: FetchLine[] = [];
    for (let n = 0; n < 2_000; n += 1) {
      const line = bad();
      if (limiter.acquire(line)) out.push(line);
    }
    const outageEndsMs = clock.ms + 20_000;
    let lost = 0;
    while (clock.ms < outageEndsMs) {
      for (const line of out.splice(0)) {
        const attempts = (line.attemptsBefore ?? 0) + 1;
        if (attempts < 3) limiter.retry({ ...line, attemptsBefore: attempts }, 1_000);
        else {
          limiter.release(line, 'failed');
          lost += 1;
        }
      }
      clock.ms += 10;
      out.push(...takeAll(limiter));
    }
    expect(lost).toBeLessThan(200);
    clock.ms += 1_000;
    out.push(...takeAll(limiter));
    expect(out).toHaveLength(8);
    for (const line of out) limiter.release(line, 'well');
    expect(takeAll(limiter)).toHaveLength(8);
  });

  it('gives lines that are due before those that were not tried, and never more than the host may have', () => {
    const limiter = limiterOf({ perHost: 2 });
    const [first, second, third, fourth] = [lineOf('a'), lineOf('a'), lineOf('a'), lineOf('a')];
    for (const line of [first, second, third, fourth]) limiter.acquire(line);
    limiter.retry(first, 2_000);
    limiter.retry(second, 1_000);
    expect(takeAll(limiter)).toEqual([third, fourth]);
    expect([limiter.held, limiter.retrying, limiter.nextChangeMs]).toEqual([2, 2, 1_000]);
    clock.ms += 2_000;
    expect(limiter.acquire(lineOf('a'))).toBe(false);
    expect(limiter.take()).toBeNull();
    limiter.release(third, 'well');
    expect(takeAll(limiter)).toEqual([second]);
    limiter.release(fourth, 'well');
    expect(takeAll(limiter)).toEqual([first]);
  });

  it('is full when as many lines wait as it may hold back', () => {
    const limiter = limiterOf({ maxHeld: 2 });
    for (const host of ['a', 'b']) {
      const line = lineOf(host);
      limiter.acquire(line);
      limiter.retry(line, 1_000);
    }
    expect(limiter.full).toBe(true);
    clock.ms += 1_000;
    expect(takeAll(limiter)).toHaveLength(2);
    expect(limiter.full).toBe(false);
  });

  it('leaves a line that is due until the pause of its host is over', () => {
    const limiter = limiterOf();
    const [failed, refused] = [lineOf('a'), lineOf('a')];
    for (const line of [failed, refused]) limiter.acquire(line);
    limiter.retry(failed, 1_000);
    limiter.refused(refused, { host: 'a', retryAfterMs: 5_000 });
    clock.ms += 4_999;
    expect(limiter.take()).toBeNull();
    clock.ms += 1;
    expect(takeAll(limiter)).toEqual([failed]);
    limiter.release(failed, 'well');
    expect(takeAll(limiter)).toMatchObject([{ line: refused.line }]);
  });

  it('never has more of a host out than it may, and loses none, in any order of events', () => {
    const limiter = limiterOf({ perHost: 3 });
    const out: FetchLine[] = [];
    let [entered, ended, seed] = [0, 0, 1];
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const end = (line: FetchLine): void => {
      if (random(3) === 0) return limiter.retry(line, random(500));
      if (random(20) === 0) return void limiter.refused(line, { host: line.host, retryAfterMs: random(50) });
      limiter.release(line, random(10) === 0 ? 'overloaded' : random(2) === 0 ? 'well' : 'failed');
      ended += 1;
    };
    // The first of four hosts answers little, so that its lines keep their places at times.
    for (let step = 0; step < 40_000; step += 1) {
      clock.ms += random(5);
      const action = random(3);
      if (action === 0 && entered < 4_000) {
        const line = lineOf(`h${random(4)}`);
        entered += 1;
        if (limiter.acquire(line)) out.push(line);
      } else if (action === 1) {
        const line = limiter.take();
        if (line) out.push(line);
      } else {
        const [line] = out.splice(random(out.length), 1);
        if (line?.host === 'h0' && random(50) > 0) limiter.retry(line, random(500));
        else if (line) end(line);
      }
      for (const host of ['h0', 'h1', 'h2', 'h3'])
        expect(out.filter((line) => line.host === host).length).toBeLessThanOrEqual(3);
    }
    while (out.length > 0 || limiter.held > 0) {
      clock.ms += limiter.nextChangeMs ?? 0;
      out.push(...takeAll(limiter));
      for (const line of out.splice(0)) {
        limiter.release(line, 'well');
        ended += 1;
      }
    }
    expect(ended).toBe(entered);
  });
});
