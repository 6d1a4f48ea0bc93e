import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { socketOf } from '../redis-meter.ts';
import { startTurnPool } from './turn-pool.ts';
import type { OvershootFigures } from './wait-report.ts';
import { WaiterGroup } from './waiter-group.ts';

export interface OvershootOptions {
  readonly producers: number;
  readonly processes: number;
  readonly capacity: number;
  readonly runMs: number;
  readonly signal: AbortSignal;
}

/**
 * Many producers at a small queue. Every receipt names the depth right after its job went in, counted in the same
 * atomic run; the depth grows in no other way here, so the highest of them is the highest that ever was.
 */
export async function measureOvershoot(options: OvershootOptions): Promise<OvershootFigures> {
  const { producers, processes, capacity, runMs, signal } = options;
  await using redis = await startLocalRedis();
  const place = { socketPath: socketOf(redis), capacity };
  await using group = await WaiterGroup.start({ ...place, waiters: producers, processes });
  await using _pool = await startTurnPool({ ...place, concurrency: 4, workMs: [0, 5], onHandled: () => {} });
  await sleep(runMs, undefined, { signal });
  const { admissions } = await group.end();
  const highestDepth = admissions.reduce((highest, { depth }) => Math.max(highest, depth), 0);
  return { producers, processes, capacity, admissions: admissions.length, highestDepth };
}
