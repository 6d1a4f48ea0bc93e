import { describe, expect, it } from 'vitest';
import { chanceOf, compareWithSaved } from './compare-with-saved.ts';
import type { RatioRow } from './ratio-row.ts';

/** A row of which ours has these ratios to BullMQ, round by round. */
function row(ratios: readonly number[], over: Partial<RatioRow> = {}): RatioRow {
  return { name: 'put', unit: 'jobs/s', better: 'more', measured: pair(ratios), ...over };
}

function pair(ratios: readonly number[]): RatioRow['measured'] {
  return { bullmq: ratios.map(() => 200), ours: ratios.map((ratio) => ratio * 200) };
}

const steady = [1.9, 2, 2, 2.1, 2.2];
const wrong = (saved: RatioRow, now: RatioRow): string[] =>
  compareWithSaved([saved], [now]).worse.map(({ what, before, now: after }) => `${what} ${before} ${after}`);

describe('the comparison with saved ratios', () => {
  it('names a rate that all rounds agree has fallen', () => {
    expect(wrong(row(steady), row([1.5, 1.6, 1.6, 1.7, 1.7]))).toEqual(['put: jobs/s 2 1.6']);
  });

  it('says nothing of a rate that has risen', () => {
    expect(wrong(row(steady), row([3, 3, 3, 3, 3]))).toEqual([]);
  });

  it('says nothing where the rounds overlap, however low the median is', () => {
    expect(wrong(row(steady), row([0.5, 0.6, 0.7, 2.1, 2.2]))).toEqual([]);
  });

  it('forgives one lucky round', () => {
    expect(wrong(row(steady), row([1.5, 1.6, 1.6, 1.7, 1.95]))).toEqual(['put: jobs/s 2 1.6']);
  });

  it('says nothing of a change that is clear and small', () => {
    expect(wrong(row(steady), row([1.85, 1.85, 1.85, 1.85, 1.85]))).toEqual([]);
  });

  it('knows that of times and bytes less is better', () => {
    const less = { better: 'less', unit: 'ms' } as const;
    expect(wrong(row(steady, less), row([3, 3, 3, 3, 3], less))).toEqual(['put: ms 2 3']);
    expect(wrong(row(steady, less), row([1, 1, 1, 1, 1], less))).toEqual([]);
  });

  it('compares CPU times too, of which less is better', () => {
    const cpu = (redis: readonly number[]): Partial<RatioRow> => ({ cpu: { node: pair(steady), redis: pair(redis) } });
    const dearer = [3, 3, 3.1, 3.2, 3.2];
    expect(wrong(row(steady, cpu(steady)), row(steady, cpu(dearer)))).toEqual(['put: Redis µs/job 2 3.1']);
  });

  it('tells what had too few rounds to say, and leaves out what only one of the two has', () => {
    const few = compareWithSaved(
      [row(steady), row(steady, { name: 'gone' })],
      [row([1, 1, 1, 1]), row([1], { name: 'new' })],
    );
    expect(few).toEqual({ worse: [expect.anything()], compared: 1, undecided: 0 });
    expect(compareWithSaved([row(steady)], [row([1, 1])])).toEqual({ worse: [], compared: 0, undecided: 1 });
  });
});

describe('the chance of an order of figures', () => {
  it('is what counting all orders gives', () => {
    expect(chanceOf(0, 5, 5)).toBeCloseTo(1 / 252);
    expect(chanceOf(1, 5, 5)).toBeCloseTo(2 / 252);
    expect(chanceOf(0, 4, 4)).toBeCloseTo(1 / 70);
    expect(chanceOf(16, 4, 4)).toBeCloseTo(1);
  });
});
