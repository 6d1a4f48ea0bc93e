import { defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { fetchUrl } from '../jobs/http-fetch.ts';
import { pageDigest } from '../jobs/page-digest.ts';
import { deliverWebhook } from '../jobs/webhook-deliver.ts';

/** The jobs of the queue that the producer service and the workers share. Each has its handler in the worker's registry. */
export const shippedJobs = [fetchUrl, pageDigest, deliverWebhook] as const;

/** The definition of the queue that the shipped services share. */
export type ShippedQueue = QueueDefinition<typeof shippedJobs>;

/** What a service configures of the queue. `keepCount` and `keepMs` are the worker's, `idempotencyMs` the producer's. */
export interface ShippedQueueSettings {
  /** The queue's name. */
  queue: string;
  /** What the Redis keys start with. */
  prefix: string;
  /** The most unfinished jobs that the queue may hold. */
  capacity: number;
  /** See `revision` of `defineQueue`. */
  revision?: number | undefined;
  /** How many completed jobs are kept. */
  keepCount?: number;
  /** How long completed jobs are kept. */
  keepMs?: number;
  /** How long an id is known after its job's end. */
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
