import { type Spread, spreadOf } from './statistics.ts';

/** What one measured run cost. */
export interface RunCost {
  readonly jobs: number;
  readonly elapsedMs: number;
  /** User and system time of the measured processes, garbage collection included. */
  readonly nodeCpuUs: number;
  readonly redisCpuUs: number;
}

/** What a job cost, over all rounds. */
export interface JobCost {
  readonly jobsPerSecond: Spread;
  readonly nodeCpuUsPerJob: Spread;
  readonly redisCpuUsPerJob: Spread;
}

/** @throws RangeError when there is no run. */
export function jobCostOf(runs: readonly RunCost[]): JobCost {
  return {
    jobsPerSecond: spreadOf(runs.map(({ jobs, elapsedMs }) => (jobs * 1_000) / elapsedMs)),
    nodeCpuUsPerJob: spreadOf(runs.map(({ jobs, nodeCpuUs }) => nodeCpuUs / jobs)),
    redisCpuUsPerJob: spreadOf(runs.map(({ jobs, redisCpuUs }) => redisCpuUs / jobs)),
  };
}
