import { type GroupContender, groupContenders } from '../process-group/group-contender.ts';
import type { Machine } from '../machine.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** Jobs from put to completed at full speed, and at a pace that leaves everybody time. */
export interface LifeSample {
  readonly contender: GroupContender;
  readonly jobs: number;
  /** From the first call of put to the last job completed. */
  readonly elapsedMs: number;
  readonly producersCpuUs: number;
  readonly workersCpuUs: number;
  readonly redisCpuUs: number;
  /** Of one process, the mean of its kind. */
  readonly producerRssBytes: number;
  readonly workerRssBytes: number;
  /** The most that Redis had allocated above what it has when it is empty. */
  readonly redisPeakBytes: number;
  /** At the steady pace: milliseconds from the call of put to completed. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LifeRow {
  readonly contender: GroupContender;
  readonly jobsPerSecond: Spread;
  readonly producersCpuUsPerJob: Spread;
  readonly workersCpuUsPerJob: Spread;
  readonly redisCpuUsPerJob: Spread;
  readonly producerRssBytes: Spread;
  readonly workerRssBytes: Spread;
  readonly redisPeakBytes: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

/** What `pnpm bench life --json` prints. */
export interface LifeReport {
  readonly bench: 'life';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly jobs: number;
  /** The pace of the runs in which the time of a life is taken. */
  readonly perSecond: number;
  readonly rows: readonly LifeRow[];
  /** Redis CPU of whole lives by plain commands. */
  readonly floorRedisCpuUsPerJob: Spread;
}

export function summariseLives(samples: readonly LifeSample[]): LifeRow[] {
  return groupContenders.flatMap((contender) => {
    const own = samples.filter((sample) => sample.contender === contender);
    return own.length === 0 ? [] : [{ contender, ...rowOf(own) }];
  });
}

function rowOf(own: readonly LifeSample[]): Omit<LifeRow, 'contender'> {
  const spread = (figure: (sample: LifeSample) => number): Spread => spreadOf(own.map(figure));
  return {
    jobsPerSecond: spread(({ jobs, elapsedMs }) => (jobs * 1_000) / elapsedMs),
    producersCpuUsPerJob: spread(({ producersCpuUs, jobs }) => producersCpuUs / jobs),
    workersCpuUsPerJob: spread(({ workersCpuUs, jobs }) => workersCpuUs / jobs),
    redisCpuUsPerJob: spread(({ redisCpuUs, jobs }) => redisCpuUs / jobs),
    producerRssBytes: spread(({ producerRssBytes }) => producerRssBytes),
    workerRssBytes: spread(({ workerRssBytes }) => workerRssBytes),
    redisPeakBytes: spread(({ redisPeakBytes }) => redisPeakBytes),
    p50Ms: spread(({ p50Ms }) => p50Ms),
    p99Ms: spread(({ p99Ms }) => p99Ms),
  };
}

/** The mean of figures of several processes; never called with none. */
export function meanOf(figures: readonly number[]): number {
  return figures.reduce((sum, value) => sum + value, 0) / figures.length;
}
