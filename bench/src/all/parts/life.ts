import type { LifeSample } from '../../life/life-report.ts';
import { lifeBenchDefaults, sampleLives } from '../../life/run-life-bench.ts';
import type { Part } from '../part.ts';
import type { RatioRow } from '../ratio-row.ts';

/** What a whole life costs at full speed with two producers and two workers, and how long it takes at a steady pace. */
export const lifePart: Part = {
  name: 'life',
  scales: {
    quick: { rounds: 5, jobs: 4_000, timeLimitMs: 20_000 },
    whole: { rounds: 7, jobs: 10_000, timeLimitMs: 120_000 },
  },
  measure: async ({ redis, scale, ...hooks }) => {
    const options = { ...scale, perSecond: lifeBenchDefaults.perSecond, contenders: ['bullmq', 'sluice'] as const };
    const { samples } = await sampleLives(options, redis, hooks);
    return rowsOf(samples.flatMap((round) => round.samples));
  },
};

function rowsOf(samples: readonly LifeSample[]): RatioRow[] {
  const row = (
    name: string,
    unit: string,
    better: RatioRow['better'],
    of: (sample: LifeSample) => number,
  ): RatioRow => {
    const figures = (contender: string): number[] => samples.filter((one) => one.contender === contender).map(of);
    return { name, unit, better, measured: { bullmq: figures('bullmq'), ours: figures('sluice') } };
  };
  const mebibytes = (bytes: number): number => bytes / 2 ** 20;
  return [
    row('whole lives, full speed', 'jobs/s', 'more', ({ jobs, elapsedMs }) => (jobs * 1_000) / elapsedMs),
    row('whole lives, producers', 'Node µs/job', 'less', ({ producersCpuUs, jobs }) => producersCpuUs / jobs),
    row('whole lives, workers', 'Node µs/job', 'less', ({ workersCpuUs, jobs }) => workersCpuUs / jobs),
    row('whole lives', 'Redis µs/job', 'less', ({ redisCpuUs, jobs }) => redisCpuUs / jobs),
    row('put to completed at 500 jobs/s, p50', 'ms', 'less', ({ p50Ms }) => p50Ms),
    row('put to completed at 500 jobs/s, p99', 'ms', 'less', ({ p99Ms }) => p99Ms),
    row('memory of a producer', 'MiB', 'less', ({ producerRssBytes }) => mebibytes(producerRssBytes)),
    row('memory of a worker', 'MiB', 'less', ({ workerRssBytes }) => mebibytes(workerRssBytes)),
  ];
}
