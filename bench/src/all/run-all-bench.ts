import type { BunqueueInstall } from '../bunqueue/install-bunqueue.ts';
import { describeMachine } from '../machine.ts';
import { BenchRedis, redisVersion } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import type { AllReport } from './all-report.ts';
import type { Part } from './part.ts';
import type { RatioRow } from './ratio-row.ts';

export interface AllBenchOptions {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  /** bunqueue, or in words why it is not measured. */
  readonly bunqueue: BunqueueInstall | string;
}

/** Part after part, each on a private Redis: every figure that has one of BullMQ next to it. */
export async function runAllBench({ parts, quick, bunqueue }: AllBenchOptions, hooks: BenchHooks): Promise<AllReport> {
  const machine = describeMachine(await redisVersion(hooks), hooks.pinning);
  const installed = typeof bunqueue === 'string' ? {} : { bunqueue };
  const rows: RatioRow[] = [];
  const startMs = performance.now();
  for (const { name, scales, measure } of parts) {
    hooks.signal.throwIfAborted();
    hooks.onProgress(`${name}, after ${Math.round((performance.now() - startMs) / 1_000)} s`);
    await using redis = await BenchRedis.start(hooks);
    rows.push(...(await measure({ ...hooks, ...installed, redis, quick, scale: quick ? scales.quick : scales.whole })));
  }
  const notMeasured = typeof bunqueue === 'string' ? { bunqueue } : {};
  return { bench: 'all', takenAt: new Date().toISOString(), machine, quick, rows, notMeasured };
}
