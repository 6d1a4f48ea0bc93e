import { connectProducer, type ConnectProducerOptions, type Producer, type QueueDefinition } from '@sluice/queue';
import type { ServedQueue } from './served-queues.ts';

/** A queue whose connection is this process's own to close. */
export interface ConnectedQueue extends ServedQueue {
  readonly producer: Producer<QueueDefinition>;
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
