import { describe, expect, it } from 'vitest';
import { Bottlenecks, type LimitSample } from './bottlenecks.ts';

const options = { workers: 2, concurrency: 10, capacity: 1_000, perHost: 8 };
const idle: LimitSample = { active: 0, depth: 0, waitingPuts: 0, held: 0, hostsPause: false };

function largestOf(samples: readonly Partial<LimitSample>[], more: Partial<typeof options> = {}): [string, number][] {
  const limits = new Bottlenecks({ ...options, ...more });
  for (const sample of samples) limits.sample({ ...idle, ...sample });
  return limits.largest.map(({ by, share }) => [by, share]);
}

const times = (count: number, sample: Partial<LimitSample>): Partial<LimitSample>[] =>
  Array.from({ length: count }, () => sample);

describe('what held a run back', () => {
  it.each<[string, Partial<LimitSample>, Partial<typeof options>, string]>([
    ['busy workers', { active: 20, depth: 500, held: 100 }, {}, '--workers 2 × --concurrency 10'],
    ['workers that do not take', { active: 3, depth: 1_000, waitingPuts: 4 }, {}, '--workers 2 × --concurrency 10'],
    ['a full queue', { active: 10, depth: 10, waitingPuts: 5 }, { capacity: 10 }, '--capacity 10'],
    ['the share of one host', { active: 8, depth: 8, held: 900 }, {}, '--per-host 8'],
    ['a pause', { active: 1, depth: 1, held: 900, hostsPause: true }, {}, 'hosts that asked to be left alone'],
  ])('is %s', (_, sample, more, by) => {
    expect(largestOf(times(10, sample), more)).toEqual([[by, 1]]);
  });

  it('is reported with its share of the time, the largest first, from a tenth on', () => {
    const samples = [
      ...times(5, { active: 20, depth: 20 }),
      ...times(60, { active: 8, depth: 8, held: 1 }),
      ...times(20, { active: 20, depth: 20 }),
      ...times(15, idle),
    ];
    expect(largestOf(samples)).toEqual([
      ['--per-host 8', 0.6],
      ['--workers 2 × --concurrency 10', 0.25],
    ]);
    expect(largestOf([...times(5, { active: 20, depth: 20 }), ...times(95, idle)])).toEqual([]);
  });

  it('says nothing about a run that took less than two seconds', () => {
    expect(largestOf(times(3, { active: 20, depth: 20 }))).toEqual([]);
  });
});
