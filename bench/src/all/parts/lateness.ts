import { sampleLateness } from '../../control/lateness/measure-lateness.ts';
import { latenessTitles } from '../../control/lateness/lateness-plan.ts';
import { median, percentile } from '../../statistics.ts';
import type { Part } from '../part.ts';
import type { RatioRow } from '../ratio-row.ts';

const CONTENDERS = ['bullmq', 'sluice'] as const;

/** How much later than due a delayed job starts. */
export const latenessPart: Part = {
  name: 'lateness',
  scales: {
    quick: { rounds: 4, jobs: 8, timeLimitMs: 20_000 },
    whole: { rounds: 7, jobs: 50, timeLimitMs: 300_000 },
  },
  measure: async ({ quick, scale, ...bench }) => {
    const cases = quick ? (['idle'] as const) : (['idle', 'earlier', 'busy', 'at-once', 'scheduled'] as const);
    const choice = { cases, contenders: CONTENDERS, jobs: scale.jobs };
    const found = await sampleLateness({ ...bench, quick, rounds: scale.rounds }, choice);
    return cases.flatMap((which) => {
      const row = (share: string, of: (lateMs: readonly number[]) => number): RatioRow => ({
        name: `late, ${latenessTitles[which]}, ${share}`,
        unit: 'ms',
        better: 'less',
        // A lateness of 0 ms, which is less than a millisecond, has no ratio.
        measured: {
          bullmq: found[which].bullmq.map((lateMs) => Math.max(1, of(lateMs))),
          ours: found[which].sluice.map((lateMs) => Math.max(1, of(lateMs))),
        },
      });
      const rows = [row('p50', median)];
      return quick ? rows : [...rows, row('p99', (lateMs) => percentile(lateMs, 0.99))];
    });
  },
};
