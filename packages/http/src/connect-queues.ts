import { connectProducer, type ConnectProducerOptions, type Producer, type QueueDefinition } from '@sluice/queue';
import type { ServedQueue } from './routes/served-queues.ts';

/** A queue whose connection is this process's own to close. */
export interface ConnectedQueue extends ServedQueue {
  readonly producer: Producer<QueueDefinition>;
}

/**
 * Connects to all queues, or to none: when one fails, the others are closed again.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer; RedisUnsuitableError
 */
export async function connectQueues(
  queues: readonly QueueDefinition[],
  options: ConnectProducerOptions,
): Promise<ConnectedQueue[]> {
  const connecting = queues.map(async (queue) => ({ queue, producer: await connectProducer(queue, options) }));
  const settled = await Promise.allSettled(connecting);
  const connected = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (connected.length < queues.length) await closeQueues(connected);
  return Promise.all(connecting);
}

export async function closeQueues(queues: readonly ConnectedQueue[]): Promise<void> {
  await Promise.all(queues.map(({ producer }) => producer.close()));
}
