import { socketUrl } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import type { FloodFigures } from './wait-report.ts';
import { turn, waitQueue } from './turn-pool.ts';

export interface FloodOptions {
  readonly jobs: number;
}

/**
 * The longest that Redis serves nobody else while very many jobs go in by `putMany`, by its own slow log. The log goes by
 * the clock on the wall: on a busy machine it counts in what other programs took of the core meanwhile.
 */
export async function measureFlood({ jobs }: FloodOptions, hooks: BenchHooks): Promise<FloodFigures> {
  await using redis = await BenchRedis.start(hooks);
  const { meter, socketPath } = redis;
  await using producer = await connectProducer(waitQueue(jobs), { redis: socketUrl(socketPath) });
  await meter.logSlowRuns();
  const begunAtMs = performance.now();
  let put = 0;
  for await (const _receipt of producer.putMany(
    turn,
    Array.from({ length: jobs }, () => null),
    { signal: hooks.signal },
  ))
    put += 1;
  const elapsedMs = performance.now() - begunAtMs;
  const { depth } = await producer.stats();
  if (depth !== jobs || put !== jobs) throw new Error(`${put} of ${jobs} jobs were put, and ${depth} are in`);
  return { jobs, jobsPerSecond: (jobs * 1_000) / elapsedMs, ...slownessOf(await meter.slowRuns()) };
}

function slownessOf(runsUs: readonly number[]): Pick<FloodFigures, 'longestMs' | 'over5Ms' | 'over10Ms'> {
  return {
    longestMs: Math.max(0, ...runsUs) / 1_000,
    over5Ms: runsUs.filter((us) => us > 5_000).length,
    over10Ms: runsUs.filter((us) => us > 10_000).length,
  };
}
