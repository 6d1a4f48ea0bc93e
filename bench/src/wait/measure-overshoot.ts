import { setTimeout as sleep } from 'node:timers/promises';
import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { startTurnPool } from './turn-pool.ts';
import type { OvershootFigures } from './wait-report.ts';
import { WaiterGroup } from './waiter-group.ts';

export interface OvershootOptions {
  readonly producers: number;
  readonly processes: number;
  readonly capacity: number;
  readonly runMs: number;
}

/**
 * Many producers at a small queue. Every receipt names the depth right after its job went in, counted in the same
 * atomic run; the depth grows in no other way here, so the highest of them is the highest that ever was.
 */
export async function measureOvershoot(options: OvershootOptions, hooks: BenchHooks): Promise<OvershootFigures> {
  const { producers, processes, capacity, runMs } = options;
  await using redis = await BenchRedis.start(hooks);
  const place = { socketPath: redis.socketPath, capacity };
  await using group = await WaiterGroup.start({ ...place, waiters: producers, processes });
  await using _pool = await startTurnPool({ ...place, concurrency: 4, workMs: [0, 5], onHandled: () => {} });
  await sleep(runMs, undefined, { signal: hooks.signal });
  const { admissions } = await group.end();
  const highestDepth = admissions.reduce((highest, { depth }) => Math.max(highest, depth), 0);
  return { producers, processes, capacity, admissions: admissions.length, highestDepth };
}
