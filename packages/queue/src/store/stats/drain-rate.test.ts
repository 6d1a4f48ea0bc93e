import { describe, expect, it } from 'vitest';
import { drainPerSecond, endsWindowMs } from './drain-rate.ts';

const keep = { count: 1_000, ageMs: 3_600_000 };
const none = { keep, held: 0, counted: 0, oldestMs: -1 };

describe('drainPerSecond', () => {
  it('counts both ways to end over a minute', () => {
    const completed = { keep, held: 400, counted: 300, oldestMs: 500_000 };
    const dead = { keep, held: 30, counted: 30, oldestMs: 20_000 };
    expect(drainPerSecond([completed, dead])).toBe(5.5);
  });

  it('is nought when nothing ends', () => {
    expect(drainPerSecond([none, none])).toBe(0);
    expect(drainPerSecond([{ keep, held: 1_000, counted: 0, oldestMs: 900_000 }, none])).toBe(0);
  });

  it('goes back only as far as a queue that keeps no more has kept', () => {
    expect(drainPerSecond([{ keep, held: 1_000, counted: 1_000, oldestMs: 2_000 }, none])).toBe(500);
    expect(drainPerSecond([{ keep, held: 1_000, counted: 1_000, oldestMs: 0 }, none])).toBe(1_000_000);
  });

  it('counts no longer back than jobs are kept for', () => {
    const briefly = { count: 1_000, ageMs: 10_000 };
    expect(endsWindowMs(briefly)).toBe(10_000);
    expect(endsWindowMs(keep)).toBe(60_000);
    expect(drainPerSecond([{ keep: briefly, held: 50, counted: 50, oldestMs: 9_000 }, none])).toBe(5);
  });

  it('is unknown when ended jobs are not kept at all', () => {
    expect(drainPerSecond([{ ...none, keep: { ...keep, count: 0 } }, none])).toBeNull();
  });
});
