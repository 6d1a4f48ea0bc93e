import { defineQueue, fetchUrl, pageDigest, type QueueDefinition } from '@sluice/shared';
import type { WorkerConfig } from './config.ts';

export type FetchesQueue = QueueDefinition<readonly [typeof fetchUrl, typeof pageDigest]>;

type QueueSettings = Pick<WorkerConfig, 'queue' | 'prefix' | 'capacity' | 'keepCount' | 'keepMs'> &
  Partial<Pick<WorkerConfig, 'revision'>>;

/** The queue that this process works on: the jobs are fixed, name and size are configured. */
export function fetchesQueue({ queue, prefix, capacity, revision, keepCount, keepMs }: QueueSettings): FetchesQueue {
  const keep = { completed: { count: keepCount, ageMs: keepMs } };
  const stated = revision === undefined ? {} : { revision };
  return defineQueue({ name: queue, jobs: [fetchUrl, pageDigest], capacity, prefix, keep, ...stated });
}
