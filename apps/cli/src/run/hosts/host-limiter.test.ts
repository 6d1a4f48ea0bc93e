import { describe, expect, it } from 'vitest';
import { lineOf, takeAll } from '../../testing/fetch-lines.ts';
import type { FetchLine } from '../input/fetch-line.ts';
import { HostLimiter } from './host-limiter.ts';

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
});
