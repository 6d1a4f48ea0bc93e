import { defineQueue, fetchUrl, pageDigest, type QueueDefinition } from '@sluice/shared';
import type { WorkerConfig } from './config.ts';

export type FetchesQueue = QueueDefinition<readonly [typeof fetchUrl, typeof pageDigest]>;

/** The queue that this process works on: the jobs are fixed, name and size are configured. */
export function fetchesQueue({
  queue,
  prefix,
  capacity,
  keepCount,
  keepMs,
}: Pick<WorkerConfig, 'queue' | 'prefix' | 'capacity' | 'keepCount' | 'keepMs'>): FetchesQueue {
  const keep = { completed: { count: keepCount, ageMs: keepMs } };
  return defineQueue({ name: queue, jobs: [fetchUrl, pageDigest], capacity, prefix, keep });
}
