import { describeMachine } from '../machine.ts';
import { redisVersion } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { measureAdmission } from './measure-admission.ts';
import { measureFlood } from './measure-flood.ts';
import { measureOvershoot } from './measure-overshoot.ts';
import { measureStandstill } from './measure-standstill.ts';
import type { AdmissionFigures, WaitReport } from './wait-report.ts';

export interface WaitBenchOptions {
  /** How many times capacity is freed for each number of waiters. */
  readonly samples: number;
  /** How many producers wait, one measurement after another. */
  readonly waiters: readonly number[];
  /** How long the two measurements last that do not count samples. */
  readonly watchMs: number;
  /** How many jobs go in at once, to see how long one script keeps Redis busy. */
  readonly floodJobs: number;
}

export const waitBenchDefaults: WaitBenchOptions = {
  samples: 300,
  waiters: [1, 10, 100],
  watchMs: 4_000,
  floodJobs: 1_000_000,
};

const TIME_LIMIT_MS = 30_000;
const PROCESSES_MAX = 10;

/** How soon a waiting put gets capacity that was freed, in what order, and what waiting costs. */
export async function runWaitBench(options: WaitBenchOptions, hooks: BenchHooks): Promise<WaitReport> {
  const { onProgress, signal } = hooks;
  const { samples, watchMs } = options;
  const machine = describeMachine(await redisVersion(hooks), hooks.pinning);
  const admission: AdmissionFigures[] = [];
  for (const waiters of options.waiters) {
    signal.throwIfAborted();
    onProgress(`${waiters} waiting`);
    const processes = Math.min(waiters, PROCESSES_MAX);
    admission.push(await measureAdmission({ waiters, processes, samples, timeLimitMs: TIME_LIMIT_MS }, hooks));
  }
  const most = Math.max(...options.waiters);
  onProgress(`${most} waiting, nothing moves`);
  const processes = Math.min(most, PROCESSES_MAX);
  const standstill = await measureStandstill({ waiters: most, processes, watchMs }, hooks);
  onProgress('64 producers at a queue of 7');
  const overshoot = await measureOvershoot({ producers: 64, processes: 8, capacity: 7, runMs: watchMs }, hooks);
  onProgress(`${options.floodJobs} jobs go in`);
  const flood = await measureFlood({ jobs: options.floodJobs }, hooks);
  return { bench: 'wait', takenAt: new Date().toISOString(), machine, admission, standstill, overshoot, flood };
}
