import { defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { shippedJobs } from '../jobs/shipped-jobs.ts';

export type ShippedQueue = QueueDefinition<typeof shippedJobs>;

/** What a service configures of the queue. `keepCount` and `keepMs` are the worker's, `idempotencyMs` the producer's. */
export interface ShippedQueueSettings {
  queue: string;
  prefix: string;
  capacity: number;
  revision?: number | undefined;
  keepCount?: number;
  keepMs?: number;
  idempotencyMs?: number;
}

/** The queue that the producer service and the workers share: the jobs are fixed, name and size are configured. */
export function shippedQueue(settings: ShippedQueueSettings): ShippedQueue {
  const { queue: name, prefix, capacity, revision, keepCount, keepMs, idempotencyMs } = settings;
  return defineQueue({
    name,
    jobs: shippedJobs,
    capacity,
    prefix,
    ...(revision !== undefined && { revision }),
    ...(keepCount !== undefined &&
      keepMs !== undefined && { keep: { completed: { count: keepCount, ageMs: keepMs } } }),
    ...(idempotencyMs !== undefined && { idempotencyMs }),
  });
}
