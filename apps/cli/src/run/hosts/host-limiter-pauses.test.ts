import { describe, expect, it } from 'vitest';
import { lineOf, takeAll } from '../../testing/fetch-lines.ts';
import type { FetchLine } from '../input/fetch-line.ts';
import { HostLimiter } from './host-limiter.ts';

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

  it('starts over once the host has answered', () => {
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
