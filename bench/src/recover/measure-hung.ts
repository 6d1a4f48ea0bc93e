import { BenchProcess } from '../bench-process.ts';
import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { percentile } from '../statistics.ts';
import type { HungFigures } from './recover-report.ts';
import { type ExpectStarted, hung } from './recover-jobs.ts';

const SLOTS = 10;

/** How soon a hung handler's slot runs the next job. */
export async function measureHung(samples: number, hooks: BenchHooks): Promise<HungFigures> {
  hooks.signal.throwIfAborted();
  await using redis = await BenchRedis.start(hooks);
  const program = new URL('hang-program.ts', import.meta.url);
  const args = [JSON.stringify({ socketPath: redis.socketPath, slots: SLOTS })];
  await using worker = await BenchProcess.start<ExpectStarted, number[]>({ name: 'hung worker', program, args });
  const late = slotsFreedLate(await worker.ask({ started: samples + SLOTS }), SLOTS, hung.timeoutMs + hung.graceMs);
  return {
    samples: late.length,
    timeoutMs: hung.timeoutMs,
    graceMs: hung.graceMs,
    p50LateMs: percentile(late, 0.5),
    p99LateMs: percentile(late, 0.99),
  };
}

/**
 * How late each slot of hung handlers was free again. All handlers take equally long until they are given up, so slots
 * are freed in the order in which they were taken: the n-th job's slot goes to job n + slots.
 *
 * @param startedAtMs when each handler started, in that order; milliseconds
 * @param dueMs how long after its start a slot has to be free: deadline and grace together
 */
export function slotsFreedLate(startedAtMs: readonly number[], slots: number, dueMs: number): number[] {
  const next = startedAtMs.slice(slots);
  return next.map((at, place) => at - (startedAtMs[place] ?? Number.NaN) - dueMs);
}
