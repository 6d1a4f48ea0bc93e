import { describe, expect, it } from 'vitest';
import type { FetchLine } from '../input/fetch-line.ts';
import { HostLimiter } from './host-limiter.ts';

let lines = 0;
function lineOf(host: string): FetchLine {
  lines += 1;
  return { line: lines, url: `http://${host}/${lines}`, shownUrl: '', host };
}

/** Takes all that may go out now. */
function takeAll(limiter: HostLimiter): FetchLine[] {
  const taken: FetchLine[] = [];
  for (let line = limiter.take(); line; line = limiter.take()) taken.push(line);
  return taken;
}

describe('HostLimiter', () => {
  it('lets at most `perHost` lines of a host out, and those of other hosts meanwhile', () => {
    const limiter = new HostLimiter({ perHost: 2 });
    expect([1, 2, 3, 4].map(() => limiter.acquire(lineOf('a')))).toEqual([true, true, false, false]);
    expect(limiter.acquire(lineOf('b'))).toBe(true);
    expect(limiter.take()).toBeNull();
    expect(limiter.held).toBe(2);
  });

  it('gives held back lines in their order, one for each that is released', () => {
    const limiter = new HostLimiter({ perHost: 1 });
    const [first, second, third] = [lineOf('a'), lineOf('a'), lineOf('a')];
    for (const line of [first, second, third]) limiter.acquire(line);
    limiter.release(first, 'well');
    expect(takeAll(limiter)).toEqual([second]);
    limiter.release(second, 'well');
    expect(takeAll(limiter)).toEqual([third]);
    limiter.release(third, 'well');
    expect(takeAll(limiter)).toEqual([]);
    expect(limiter.held).toBe(0);
  });

  it('lets no new line pass those that are held back', () => {
    const limiter = new HostLimiter({ perHost: 1 });
    const [first, second] = [lineOf('a'), lineOf('a')];
    limiter.acquire(first);
    limiter.acquire(second);
    limiter.release(first, 'well');
    expect(limiter.acquire(lineOf('a'))).toBe(false);
    expect(limiter.take()).toBe(second);
  });

  it('lets hosts take turns', () => {
    const limiter = new HostLimiter({ perHost: 2 });
    const out = ['a', 'a', 'b', 'b'].map(lineOf);
    for (const line of [...out, ...['a', 'a', 'b', 'b'].map(lineOf)]) limiter.acquire(line);
    for (const line of out) limiter.release(line, 'well');
    expect(takeAll(limiter).map(({ host }) => host)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is full when it holds back as much as it may', () => {
    const limiter = new HostLimiter({ perHost: 1, maxHeld: 2 });
    const out = lineOf('a');
    for (const line of [out, lineOf('a')]) limiter.acquire(line);
    expect(limiter.full).toBe(false);
    limiter.acquire(lineOf('a'));
    expect(limiter.full).toBe(true);
    limiter.release(out, 'well');
    limiter.take();
    expect(limiter.full).toBe(false);
  });

  it('is full when the held back lines are long', () => {
    const limiter = new HostLimiter({ perHost: 1, maxHeldChars: 10 });
    limiter.acquire(lineOf('a'));
    limiter.acquire(lineOf('a'));
    expect(limiter.full).toBe(true);
  });

  it('halves what an overloaded host gets, leaves others alone, and recovers step by step', () => {
    const limiter = new HostLimiter({ perHost: 8 });
    const mostOut = (host: string): number => {
      const out: FetchLine[] = [];
      for (let count = 0; count < 20; count += 1) limiter.acquire(lineOf(host));
      return out.length;
    };
    const first = Array.from({ length: 8 }, () => lineOf('a'));
    for (const line of first) limiter.acquire(line);
    mostOut('a');
    for (const line of first.slice(0, 2)) limiter.release(line, 'overloaded'); // 8 → 4 → 2, six are out
    expect(takeAll(limiter)).toEqual([]);
    for (const line of first.slice(2, 7)) limiter.release(line, 'well'); // one is out
    const next = takeAll(limiter);
    expect(next.length).toBeGreaterThanOrEqual(1);
    expect(next.length).toBeLessThan(4);
    expect(Array.from({ length: 8 }, () => limiter.acquire(lineOf('b')))).not.toContain(false);
  });

  it('never has more of a host out than it may, and loses none, in any order of events', () => {
    const limiter = new HostLimiter({ perHost: 3 });
    const out: FetchLine[] = [];
    let entered = 0;
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const most = (): number =>
      Math.max(0, ...['h0', 'h1', 'h2', 'h3'].map((host) => out.filter((line) => line.host === host).length));
    for (let step = 0; step < 20_000; step += 1) {
      const action = random(3);
      if (action === 0 && entered < 4_000) {
        const line = lineOf(`h${random(4)}`);
        entered += 1;
        if (limiter.acquire(line)) out.push(line);
      } else if (action === 1) {
        const line = limiter.take();
        if (line) out.push(line);
      } else if (out.length > 0) {
        const [line] = out.splice(random(out.length), 1);
        if (line) limiter.release(line, random(10) === 0 ? 'overloaded' : 'well');
      }
      expect(most()).toBeLessThanOrEqual(3);
    }
    while (out.length > 0 || limiter.held > 0) {
      out.push(...takeAll(limiter));
      for (const line of out.splice(0)) limiter.release(line, 'well');
    }
    expect(limiter.take()).toBeNull();
  });
});

describe('HostLimiter and hosts that ask to be left alone', () => {
  const clock = { ms: 0 };
  const limiterAt = (options: { perHost?: number; longestPauseMs?: number } = {}) => {
    clock.ms = 1_000;
    return new HostLimiter({ perHost: 2, longestPauseMs: 900_000, now: () => clock.ms, ...options });
  };
  const acquireAll = (limiter: HostLimiter, ...hosts: string[]): FetchLine[] =>
    hosts.map(lineOf).map((line) => {
      limiter.acquire(line);
      return line;
    });

  it('gives them nothing until the pause is over, then one line first', () => {
    const limiter = limiterAt();
    const [first, second] = acquireAll(limiter, 'a', 'a', 'a', 'a');
    for (const line of [first, second]) limiter.refused(line ?? lineOf('a'), { host: 'a', retryAfterMs: 480_000 });
    expect(limiter.take()).toBeNull();
    expect(limiter.acquire(lineOf('a'))).toBe(false);
    expect(limiter.acquire(lineOf('b'))).toBe(true);
    expect(limiter.nextPauseEndMs).toBe(480_000);
    clock.ms += 479_999;
    expect(limiter.take()).toBeNull();
    clock.ms += 1;
    expect(takeAll(limiter)).toHaveLength(1);
    expect(limiter.held).toBe(4);
  });

  it('keeps to the latest of several pauses', () => {
    const limiter = limiterAt();
    const [first, second] = acquireAll(limiter, 'a', 'a');
    limiter.refused(first ?? lineOf('a'), { host: 'a', retryAfterMs: 10_000 });
    limiter.refused(second ?? lineOf('a'), { host: 'a', retryAfterMs: 20_000 });
    clock.ms += 10_000;
    expect(limiter.take()).toBeNull();
    expect(limiter.nextPauseEndMs).toBe(10_000);
    clock.ms += 10_000;
    expect(limiter.take()).not.toBeNull();
  });

  it('gives all their lines up when one asks for longer than is waited for', () => {
    const limiter = limiterAt();
    const [first, second, third] = acquireAll(limiter, 'a', 'a', 'a');
    const after = limiter.refused(first ?? lineOf('a'), { host: 'a', retryAfterMs: 900_001 });
    expect(after).toMatchObject({ now: 'given-up', lines: [{ line: third?.line }, { line: first?.line }] });
    expect(limiter.held).toBe(0);
    expect(limiter.givenUpForMs('a')).toBe(900_001);
    expect(limiter.givenUpForMs('b')).toBeNull();
    expect(limiter.refused(second ?? lineOf('a'), { host: 'a', retryAfterMs: 1_000 }).now).toBe('given-up');
  });

  it('adds up the pauses of a host that answers nothing else', () => {
    const limiter = limiterAt({ perHost: 1 });
    limiter.acquire(lineOf('a'));
    let line: FetchLine | null = lineOf('a');
    limiter.acquire(line);
    let pauses = 0;
    line = { ...lineOf('a'), host: 'a' };
    while (line && limiter.refused(line, { host: 'a', retryAfterMs: 100_000 }).now === 'held') {
      pauses += 1;
      clock.ms += 100_000;
      line = limiter.take();
    }
    expect(pauses).toBe(9);
  });

  it('starts anew once the host has answered', () => {
    const limiter = limiterAt({ perHost: 1 });
    for (let window = 0; window < 50; window += 1) {
      const line = window === 0 ? acquireAll(limiter, 'a')[0] : limiter.take();
      expect(limiter.refused(line ?? lineOf('a'), { host: 'a', retryAfterMs: 600_000 }).now).toBe('held');
      limiter.acquire(lineOf('a'));
      clock.ms += 600_000;
      const answered = limiter.take();
      if (answered) limiter.release(answered, 'well');
    }
  });

  it('takes a page for failed that is refused again and again while the host answers others', () => {
    const limiter = limiterAt({ perHost: 1 });
    let bad: FetchLine | null = lineOf('a');
    limiter.acquire(bad);
    const after: string[] = [];
    for (let time = 1; bad && time <= 20; time += 1) {
      const { now } = limiter.refused(bad, { host: 'a', retryAfterMs: 1_000 });
      after.push(now);
      if (now === 'failed') break;
      limiter.acquire(lineOf('a'));
      clock.ms += 1_000;
      const taken: FetchLine[] = [];
      for (let line = limiter.take(); line; line = limiter.take()) {
        taken.push(line);
        if (line.line !== bad.line) limiter.release(line, 'well');
        else break;
      }
      bad = taken.find((line) => line.line === bad?.line) ?? null;
    }
    expect(after).toEqual([...Array.from({ length: 9 }, () => 'held'), 'failed']);
    clock.ms += 1_000;
    expect(takeAll(limiter).map(({ line }) => line)).not.toContain(bad?.line);
  });

  it('holds a line back for the host that its redirects lead to, and no other line of its own host', () => {
    const limiter = limiterAt({ perHost: 1 });
    const [line] = acquireAll(limiter, 'a', 'a');
    limiter.refused(line ?? lineOf('a'), { host: 'far', retryAfterMs: 10_000 });
    expect(takeAll(limiter)).toMatchObject([{ host: 'a' }]);
    expect(limiter.acquire(lineOf('far'))).toBe(false);
    clock.ms += 10_000;
    expect(takeAll(limiter)).toMatchObject([{ line: line?.line, host: 'far' }]);
  });
});

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
      limiter.release(line, random(2) === 0 ? 'well' : 'failed');
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
