import { startLocalRedis } from '@sluice/local-redis';
import { BenchProcess } from '../bench-process.ts';
import { socketOf } from '../redis-meter.ts';
import { percentile } from '../statistics.ts';
import type { HungFigures } from './recover-report.ts';
import { hung } from './recover-queues.ts';
import { slotsFreedLate } from './slots-freed-late.ts';

const slots = 10;

/** How soon a hung handler's slot runs the next job. */
export async function measureHung(samples: number, signal: AbortSignal): Promise<HungFigures> {
  signal.throwIfAborted();
  await using redis = await startLocalRedis();
  const program = new URL('hang-program.ts', import.meta.url);
  const args = [JSON.stringify({ socketPath: socketOf(redis), slots })];
  await using worker = await BenchProcess.start<{ started: number }, number[]>({ name: 'hung worker', program, args });
  const late = slotsFreedLate(await worker.ask({ started: samples + slots }), slots, hung.timeoutMs + hung.graceMs);
  return {
    samples: late.length,
    timeoutMs: hung.timeoutMs,
    graceMs: hung.graceMs,
    p50LateMs: percentile(late, 0.5),
    p99LateMs: percentile(late, 0.99),
  };
}
