import { startLocalRedis } from '@sluice/local-redis';
import { describeMachine } from '../machine.ts';
import { RedisMeter, socketOf } from '../redis-meter.ts';
import { measureAdmission } from './measure-admission.ts';
import { measureFlood } from './measure-flood.ts';
import { measureOvershoot } from './measure-overshoot.ts';
import { measureStandstill } from './measure-standstill.ts';
import type { AdmissionFigures, WaitReport } from './wait-report.ts';

export interface WaitBenchOptions {
  /** How many rooms are freed for each number of waiters. */
  readonly samples: number;
  /** How many producers wait, one measurement after another. */
  readonly waiters: readonly number[];
  /** How long the two measurements look that are not counted in rooms. */
  readonly watchMs: number;
  /** How many jobs go in at once to see how long Redis stands still. */
  readonly floodJobs: number;
}

export const waitBenchDefaults: WaitBenchOptions = {
  samples: 300,
  waiters: [1, 10, 100],
  watchMs: 4_000,
  floodJobs: 1_000_000,
};

export interface WaitBenchHooks {
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

const timeLimitMs = 30_000;
const mostProcesses = 10;

/** How soon a waiting put gets a freed room, in what order, and what waiting costs. */
export async function runWaitBench(options: WaitBenchOptions, hooks: WaitBenchHooks): Promise<WaitReport> {
  const { onProgress, signal } = hooks;
  const { samples, watchMs } = options;
  const machine = describeMachine(await redisVersion(onProgress));
  const admission: AdmissionFigures[] = [];
  for (const waiters of options.waiters) {
    signal.throwIfAborted();
    onProgress(`${waiters} waiting`);
    const processes = Math.min(waiters, mostProcesses);
    admission.push(await measureAdmission({ waiters, processes, samples, timeLimitMs, signal }));
  }
  const most = Math.max(...options.waiters);
  onProgress(`${most} waiting, nothing moves`);
  const processes = Math.min(most, mostProcesses);
  const standstill = await measureStandstill({ waiters: most, processes, watchMs, signal });
  onProgress('64 producers at a queue of 7');
  const overshoot = await measureOvershoot({ producers: 64, processes: 8, capacity: 7, runMs: watchMs, signal });
  onProgress(`${options.floodJobs} jobs go in`);
  const flood = await measureFlood({ jobs: options.floodJobs, signal });
  return { bench: 'wait', takenAt: new Date().toISOString(), machine, admission, standstill, overshoot, flood };
}

async function redisVersion(onProgress: (line: string) => void): Promise<string> {
  await using redis = await startLocalRedis({ onProgress });
  using meter = await RedisMeter.connect(socketOf(redis));
  return await meter.version();
}
