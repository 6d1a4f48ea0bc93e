import {
  defineQueue,
  type QueueDefinition,
  connectProducer,
  type ConnectProducerOptions,
  type Producer,
} from '@sluice/queue';
import { shippedJobs } from '@sluice/shared';
import type { ServedQueue } from './served-queues.ts';
import type { ProducerConfig } from './config.ts';

/** A queue whose connection is this process's own to close. */
export interface ConnectedQueue extends ServedQueue {
  readonly producer: Producer<QueueDefinition>;
}

/** The queues that this service puts into. Their workers must define them alike. */
export function queuesOf(
  config: Pick<ProducerConfig, 'queue' | 'capacity' | 'prefix' | 'idempotencyMs'> &
    Partial<Pick<ProducerConfig, 'revision'>>,
): QueueDefinition[] {
  const { queue: name, capacity, prefix, idempotencyMs, revision } = config;
  const stated = revision === undefined ? {} : { revision };
  return [defineQueue({ name, jobs: shippedJobs, capacity, prefix, idempotencyMs, ...stated })];
}

/**
 * Connects to all queues, or to none: when one fails, those before it are closed again.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer; RedisUnsuitableError
 */
export async function connectQueues(
  queues: readonly QueueDefinition[],
  options: ConnectProducerOptions,
): Promise<ConnectedQueue[]> {
  await using opened = new AsyncDisposableStack();
  const connected: ConnectedQueue[] = [];
  for (const queue of queues) {
    const producer = await connectProducer(queue, options);
    opened.use(producer);
    connected.push({ queue, producer });
  }
  opened.move();
  return connected;
}
