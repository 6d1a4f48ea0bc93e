import { defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { shippedJobs } from '@sluice/shared';
import type { WorkerConfig } from './config.ts';

export type FetchesQueue = QueueDefinition<typeof shippedJobs>;

type QueueSettings = Pick<WorkerConfig, 'queue' | 'prefix' | 'capacity' | 'keepCount' | 'keepMs'> &
  Partial<Pick<WorkerConfig, 'revision'>>;

/** The queue that this process works on: the jobs are fixed, name and size are configured. */
export function fetchesQueue({ queue, prefix, capacity, revision, keepCount, keepMs }: QueueSettings): FetchesQueue {
  const keep = { completed: { count: keepCount, ageMs: keepMs } };
  const stated = revision === undefined ? {} : { revision };
  return defineQueue({ name: queue, jobs: shippedJobs, capacity, prefix, keep, ...stated });
}
