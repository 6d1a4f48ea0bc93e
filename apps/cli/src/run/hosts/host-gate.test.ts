import { describe, expect, it } from 'vitest';
import type { FetchLine } from '../input/fetch-line.ts';
import { HostGate } from './host-gate.ts';

let lines = 0;
function lineOf(host: string): FetchLine {
  lines += 1;
  return { line: lines, url: `http://${host}/${lines}`, shownUrl: '', host };
}

/** Takes all that may go out now. */
function takeAll(gate: HostGate): FetchLine[] {
  const taken: FetchLine[] = [];
  for (let line = gate.take(); line; line = gate.take()) taken.push(line);
  return taken;
}

describe('HostGate', () => {
  it('lets only so many of a host out, and others meanwhile', () => {
    const gate = new HostGate({ perHost: 2 });
    expect([1, 2, 3, 4].map(() => gate.enter(lineOf('a')))).toEqual([true, true, false, false]);
    expect(gate.enter(lineOf('b'))).toBe(true);
    expect(gate.take()).toBeNull();
    expect(gate.held).toBe(2);
  });

  it('gives held back lines in their order, one for each that comes home', () => {
    const gate = new HostGate({ perHost: 1 });
    const [first, second, third] = [lineOf('a'), lineOf('a'), lineOf('a')];
    for (const line of [first, second, third]) gate.enter(line);
    gate.home(first, 'well');
    expect(takeAll(gate)).toEqual([second]);
    gate.home(second, 'well');
    expect(takeAll(gate)).toEqual([third]);
    gate.home(third, 'well');
    expect(takeAll(gate)).toEqual([]);
    expect(gate.held).toBe(0);
  });

  it('lets no new line pass those that are held back', () => {
    const gate = new HostGate({ perHost: 1 });
    const [first, second] = [lineOf('a'), lineOf('a')];
    gate.enter(first);
    gate.enter(second);
    gate.home(first, 'well');
    expect(gate.enter(lineOf('a'))).toBe(false);
    expect(gate.take()).toBe(second);
  });

  it('lets hosts take turns', () => {
    const gate = new HostGate({ perHost: 2 });
    const out = ['a', 'a', 'b', 'b'].map(lineOf);
    for (const line of [...out, ...['a', 'a', 'b', 'b'].map(lineOf)]) gate.enter(line);
    for (const line of out) gate.home(line, 'well');
    expect(takeAll(gate).map(({ host }) => host)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is full when it holds back as much as it may', () => {
    const gate = new HostGate({ perHost: 1, maxHeld: 2 });
    const out = lineOf('a');
    for (const line of [out, lineOf('a')]) gate.enter(line);
    expect(gate.full).toBe(false);
    gate.enter(lineOf('a'));
    expect(gate.full).toBe(true);
    gate.home(out, 'well');
    gate.take();
    expect(gate.full).toBe(false);
  });

  it('is full when the held back lines are long', () => {
    const gate = new HostGate({ perHost: 1, maxHeldChars: 10 });
    gate.enter(lineOf('a'));
    gate.enter(lineOf('a'));
    expect(gate.full).toBe(true);
  });

  it('halves what an overloaded host gets, leaves others alone, and recovers step by step', () => {
    const gate = new HostGate({ perHost: 8 });
    const mostOut = (host: string): number => {
      const out: FetchLine[] = [];
      for (let count = 0; count < 20; count += 1) gate.enter(lineOf(host));
      return out.length;
    };
    const first = Array.from({ length: 8 }, () => lineOf('a'));
    for (const line of first) gate.enter(line);
    mostOut('a');
    for (const line of first.slice(0, 2)) gate.home(line, 'overloaded'); // 8 → 4 → 2, six are out
    expect(takeAll(gate)).toEqual([]);
    for (const line of first.slice(2, 7)) gate.home(line, 'well'); // one is out
    const next = takeAll(gate);
    expect(next.length).toBeGreaterThanOrEqual(1);
    expect(next.length).toBeLessThan(4);
    expect(Array.from({ length: 8 }, () => gate.enter(lineOf('b')))).not.toContain(false);
  });

  it('never has more of a host out than it may, and loses none, in any order of events', () => {
    const gate = new HostGate({ perHost: 3 });
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
        if (gate.enter(line)) out.push(line);
      } else if (action === 1) {
        const line = gate.take();
        if (line) out.push(line);
      } else if (out.length > 0) {
        const [line] = out.splice(random(out.length), 1);
        if (line) gate.home(line, random(10) === 0 ? 'overloaded' : 'well');
      }
      expect(most()).toBeLessThanOrEqual(3);
    }
    while (out.length > 0 || gate.held > 0) {
      out.push(...takeAll(gate));
      for (const line of out.splice(0)) gate.home(line, 'well');
    }
    expect(gate.take()).toBeNull();
  });
});

describe('HostGate and hosts that ask to be left alone', () => {
  const clock = { ms: 0 };
  const gateAt = (options: { perHost?: number; longestPauseMs?: number } = {}) => {
    clock.ms = 1_000;
    return new HostGate({ perHost: 2, longestPauseMs: 900_000, now: () => clock.ms, ...options });
  };
  const enterAll = (gate: HostGate, ...hosts: string[]): FetchLine[] =>
    hosts.map(lineOf).map((line) => {
      gate.enter(line);
      return line;
    });

  it('gives them nothing until the pause is over, then one line first', () => {
    const gate = gateAt();
    const [first, second] = enterAll(gate, 'a', 'a', 'a', 'a');
    for (const line of [first, second]) gate.refused(line ?? lineOf('a'), { host: 'a', retryAfterMs: 480_000 });
    expect(gate.take()).toBeNull();
    expect(gate.enter(lineOf('a'))).toBe(false);
    expect(gate.enter(lineOf('b'))).toBe(true);
    expect(gate.nextPauseEndMs).toBe(480_000);
    clock.ms += 479_999;
    expect(gate.take()).toBeNull();
    clock.ms += 1;
    expect(takeAll(gate)).toHaveLength(1);
    expect(gate.held).toBe(4);
  });

  it('keeps to the latest of several pauses', () => {
    const gate = gateAt();
    const [first, second] = enterAll(gate, 'a', 'a');
    gate.refused(first ?? lineOf('a'), { host: 'a', retryAfterMs: 10_000 });
    gate.refused(second ?? lineOf('a'), { host: 'a', retryAfterMs: 20_000 });
    clock.ms += 10_000;
    expect(gate.take()).toBeNull();
    expect(gate.nextPauseEndMs).toBe(10_000);
    clock.ms += 10_000;
    expect(gate.take()).not.toBeNull();
  });

  it('gives all their lines up when one asks for longer than is waited for', () => {
    const gate = gateAt();
    const [first, second, third] = enterAll(gate, 'a', 'a', 'a');
    const after = gate.refused(first ?? lineOf('a'), { host: 'a', retryAfterMs: 900_001 });
    expect(after).toMatchObject({ now: 'given-up', lines: [{ line: third?.line }, { line: first?.line }] });
    expect(gate.held).toBe(0);
    expect(gate.givenUpForMs('a')).toBe(900_001);
    expect(gate.givenUpForMs('b')).toBeNull();
    expect(gate.refused(second ?? lineOf('a'), { host: 'a', retryAfterMs: 1_000 }).now).toBe('given-up');
  });

  it('adds up the pauses of a host that answers nothing else', () => {
    const gate = gateAt({ perHost: 1 });
    gate.enter(lineOf('a'));
    let line: FetchLine | null = lineOf('a');
    gate.enter(line);
    let pauses = 0;
    line = { ...lineOf('a'), host: 'a' };
    while (line && gate.refused(line, { host: 'a', retryAfterMs: 100_000 }).now === 'held') {
      pauses += 1;
      clock.ms += 100_000;
      line = gate.take();
    }
    expect(pauses).toBe(9);
  });

  it('starts anew once the host has answered', () => {
    const gate = gateAt({ perHost: 1 });
    for (let window = 0; window < 50; window += 1) {
      const line = window === 0 ? enterAll(gate, 'a')[0] : gate.take();
      expect(gate.refused(line ?? lineOf('a'), { host: 'a', retryAfterMs: 600_000 }).now).toBe('held');
      gate.enter(lineOf('a'));
      clock.ms += 600_000;
      const answered = gate.take();
      if (answered) gate.home(answered, 'well');
    }
  });

  it('takes a page for failed that is refused again and again while the host answers others', () => {
    const gate = gateAt({ perHost: 1 });
    let bad: FetchLine | null = lineOf('a');
    gate.enter(bad);
    const after: string[] = [];
    for (let time = 1; bad && time <= 20; time += 1) {
      const { now } = gate.refused(bad, { host: 'a', retryAfterMs: 1_000 });
      after.push(now);
      if (now === 'failed') break;
      gate.enter(lineOf('a'));
      clock.ms += 1_000;
      const taken: FetchLine[] = [];
      for (let line = gate.take(); line; line = gate.take()) {
        taken.push(line);
        if (line.line !== bad.line) gate.home(line, 'well');
        else break;
      }
      bad = taken.find((line) => line.line === bad?.line) ?? null;
    }
    expect(after).toEqual([...Array.from({ length: 9 }, () => 'held'), 'failed']);
    clock.ms += 1_000;
    expect(takeAll(gate).map(({ line }) => line)).not.toContain(bad?.line);
  });

  it('holds a line back for the host that its redirects lead to, and no other line of its own host', () => {
    const gate = gateAt({ perHost: 1 });
    const [line] = enterAll(gate, 'a', 'a');
    gate.refused(line ?? lineOf('a'), { host: 'far', retryAfterMs: 10_000 });
    expect(takeAll(gate)).toMatchObject([{ host: 'a' }]);
    expect(gate.enter(lineOf('far'))).toBe(false);
    clock.ms += 10_000;
    expect(takeAll(gate)).toMatchObject([{ line: line?.line, host: 'far' }]);
  });
});

describe('HostGate and lines that wait for their next attempt', () => {
  const clock = { ms: 0 };
  const gateOf = (options: { perHost?: number; maxHeld?: number } = {}) => {
    clock.ms = 1_000;
    return new HostGate({ perHost: 8, now: () => clock.ms, ...options });
  };
  const bad = (): FetchLine => ({ ...lineOf('a'), shownUrl: 'bad' });

  /**
   * What becomes of lines that take 10 ms each, of which bad ones fail three times, a second apart.
   * @returns when the last one had its result, the most that were out at one time, and how often lines went out
   */
  function runLines(gate: HostGate, list: readonly FetchLine[]): { ms: number; mostOut: number; times: number } {
    const startedMs = clock.ms;
    const waiting = [...list];
    let [ended, mostOut, times] = [0, 0, 0];
    while (ended < list.length) {
      const out: FetchLine[] = [];
      while (waiting.length > 0 && !gate.full) {
        const line = waiting.shift();
        if (line && gate.enter(line)) out.push(line);
      }
      out.push(...takeAll(gate));
      times += out.length;
      mostOut = Math.max(mostOut, out.length);
      clock.ms += out.length > 0 ? 10 : Math.max(1, gate.nextChangeMs ?? 1);
      for (const line of out) {
        const attempts = (line.attemptsBefore ?? 0) + 1;
        if (line.shownUrl === 'bad' && attempts < 3) gate.retry({ ...line, attemptsBefore: attempts }, 1_000);
        else {
          gate.home(line, line.shownUrl === 'bad' ? 'failed' : 'well');
          ended += 1;
        }
      }
    }
    expect([gate.held, gate.retrying, gate.nextChangeMs]).toEqual([0, 0, null]);
    return { ms: clock.ms - startedMs, mostOut, times };
  }

  it.each([
    ['every tenth page', (n: number) => n % 10 === 0],
    ['the first pages', (n: number) => n < 50],
    ['the last pages', (n: number) => n >= 450],
  ])('lets other lines of the host out meanwhile when %s always fail', (_which, isBad) => {
    const list = Array.from({ length: 500 }, (_, n) => (isBad(n) ? bad() : lineOf('a')));
    const { ms, mostOut, times } = runLines(gateOf(), list);
    expect(times).toBe(450 + 3 * 50);
    expect(mostOut).toBe(8);
    // Without waiting (450 + 3 × 50) / 8 × 10 ms, and the last ones wait for two seconds. With their places kept it would be 13 s.
    expect(ms).toBeLessThan(4_000);
  });

  it('asks a host slowly that answers nothing, so that an outage takes few lines their attempts', () => {
    const gate = gateOf();
    const out: FetchLine[] = [];
    for (let n = 0; n < 2_000; n += 1) {
      const line = bad();
      if (gate.enter(line)) out.push(line);
    }
    const outageEndsMs = clock.ms + 20_000;
    let lost = 0;
    while (clock.ms < outageEndsMs) {
      for (const line of out.splice(0)) {
        const attempts = (line.attemptsBefore ?? 0) + 1;
        if (attempts < 3) gate.retry({ ...line, attemptsBefore: attempts }, 1_000);
        else {
          gate.home(line, 'failed');
          lost += 1;
        }
      }
      clock.ms += 10;
      out.push(...takeAll(gate));
    }
    expect(lost).toBeLessThan(200);
    clock.ms += 1_000;
    out.push(...takeAll(gate));
    expect(out).toHaveLength(8);
    for (const line of out) gate.home(line, 'well');
    expect(takeAll(gate)).toHaveLength(8);
  });

  it('gives lines that are due before those that were not tried, and never more than the host may have', () => {
    const gate = gateOf({ perHost: 2 });
    const [first, second, third, fourth] = [lineOf('a'), lineOf('a'), lineOf('a'), lineOf('a')];
    for (const line of [first, second, third, fourth]) gate.enter(line);
    gate.retry(first, 2_000);
    gate.retry(second, 1_000);
    expect(takeAll(gate)).toEqual([third, fourth]);
    expect([gate.held, gate.retrying, gate.nextChangeMs]).toEqual([2, 2, 1_000]);
    clock.ms += 2_000;
    expect(gate.enter(lineOf('a'))).toBe(false);
    expect(gate.take()).toBeNull();
    gate.home(third, 'well');
    expect(takeAll(gate)).toEqual([second]);
    gate.home(fourth, 'well');
    expect(takeAll(gate)).toEqual([first]);
  });

  it('is full when as many lines wait as it may hold back', () => {
    const gate = gateOf({ maxHeld: 2 });
    for (const host of ['a', 'b']) {
      const line = lineOf(host);
      gate.enter(line);
      gate.retry(line, 1_000);
    }
    expect(gate.full).toBe(true);
    clock.ms += 1_000;
    expect(takeAll(gate)).toHaveLength(2);
    expect(gate.full).toBe(false);
  });

  it('leaves a line that is due until the pause of its host is over', () => {
    const gate = gateOf();
    const [failed, refused] = [lineOf('a'), lineOf('a')];
    for (const line of [failed, refused]) gate.enter(line);
    gate.retry(failed, 1_000);
    gate.refused(refused, { host: 'a', retryAfterMs: 5_000 });
    clock.ms += 4_999;
    expect(gate.take()).toBeNull();
    clock.ms += 1;
    expect(takeAll(gate)).toEqual([failed]);
    gate.home(failed, 'well');
    expect(takeAll(gate)).toMatchObject([{ line: refused.line }]);
  });

  it('never has more of a host out than it may, and loses none, in any order of events', () => {
    const gate = gateOf({ perHost: 3 });
    const out: FetchLine[] = [];
    let [entered, ended, seed] = [0, 0, 1];
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const end = (line: FetchLine): void => {
      if (random(3) === 0) return gate.retry(line, random(500));
      if (random(20) === 0) return void gate.refused(line, { host: line.host, retryAfterMs: random(50) });
      gate.home(line, random(2) === 0 ? 'well' : 'failed');
      ended += 1;
    };
    // The first of four hosts answers little, so that its lines keep their places at times.
    for (let step = 0; step < 40_000; step += 1) {
      clock.ms += random(5);
      const action = random(3);
      if (action === 0 && entered < 4_000) {
        const line = lineOf(`h${random(4)}`);
        entered += 1;
        if (gate.enter(line)) out.push(line);
      } else if (action === 1) {
        const line = gate.take();
        if (line) out.push(line);
      } else {
        const [line] = out.splice(random(out.length), 1);
        if (line?.host === 'h0' && random(50) > 0) gate.retry(line, random(500));
        else if (line) end(line);
      }
      for (const host of ['h0', 'h1', 'h2', 'h3'])
        expect(out.filter((line) => line.host === host).length).toBeLessThanOrEqual(3);
    }
    while (out.length > 0 || gate.held > 0) {
      clock.ms += gate.nextChangeMs ?? 0;
      out.push(...takeAll(gate));
      for (const line of out.splice(0)) {
        gate.home(line, 'well');
        ended += 1;
      }
    }
    expect(ended).toBe(entered);
  });
});
