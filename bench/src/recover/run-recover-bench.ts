import { describeMachine } from '../machine.ts';
import { redisVersion } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { percentile } from '../statistics.ts';
import { measureHung } from './measure-hung.ts';
import { measureKilled } from './measure-killed.ts';
import type { KilledFigures, RecoverReport } from './recover-report.ts';

export interface RecoverBenchOptions {
  /** Workers to kill, 1 to 100; four at a time. */
  readonly kills: number;
  /** Slots of hung handlers to see freed, 1 to 1,000. */
  readonly hung: number;
}

export const recoverBenchDefaults: RecoverBenchOptions = { kills: 20, hung: 300 };

const KILLS_AT_ONCE = 4;

/** How soon a killed worker's job runs elsewhere, and how soon a hung handler's slot is free. All by default settings. */
export async function runRecoverBench(options: RecoverBenchOptions, hooks: BenchHooks): Promise<RecoverReport> {
  const { onProgress } = hooks;
  const machine = describeMachine(await redisVersion(hooks), hooks.pinning);
  const tookMs: number[] = [];
  while (tookMs.length < options.kills) {
    onProgress(`${tookMs.length} of ${options.kills} workers killed`);
    tookMs.push(...(await measureKilled(Math.min(KILLS_AT_ONCE, options.kills - tookMs.length), hooks)));
  }
  onProgress('hung handlers');
  const hung = await measureHung(options.hung, hooks);
  return { bench: 'recover', takenAt: new Date().toISOString(), machine, killed: killedFigures(tookMs), hung };
}

function killedFigures(tookMs: readonly number[]): KilledFigures {
  return {
    samples: tookMs.length,
    p50Ms: percentile(tookMs, 0.5),
    shortestMs: percentile(tookMs, 0),
    longestMs: percentile(tookMs, 1),
  };
}
