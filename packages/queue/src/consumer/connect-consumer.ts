import { checkOptions } from '../job/options/check-options.ts';
import { DefinitionError } from '../job/errors/index.ts';
import { checkQueue, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import type { PlainHandler } from '../job/handler/handler-registry.ts';
import { assemblePool } from '../pool/create-worker-pool.ts';
import { CONSUMER_RULES } from '../pool/pool-option-rules.ts';
import { Slots } from '../job/slots.ts';
import type { WorkerPoolOptions } from '../pool/worker-pool.ts';
import { Consumer } from './consumer.ts';

/** As of a worker pool. */
export type ConnectConsumerOptions = Pick<
  WorkerPoolOptions,
  'redis' | 'logger' | 'name' | 'unavailableMs' | 'timings' | 'allowUntestedBullmq' | 'telemetry'
>;

/**
 * Connects to a queue in order to take jobs from it one by one: asyncio's consumer loop. Where a handler fits, a worker pool is
 * the better choice: it settles and takes in one round trip.
 *
 * ```ts
 * await using consumer = await connectConsumer(queue, { redis });
 * for await (const lease of consumer.leases({ idleMs: 2_000 })) await lease.ack(work(lease.payload));
 * ```
 *
 * @throws RedisUnavailableError when Redis is not ready within `unavailableMs`
 * @throws DefinitionError when an option is out of its range, or unknown, or the installed BullMQ was not tested
 */
export async function connectConsumer<const Q extends QueueDefinition>(
  queue: Q,
  options: ConnectConsumerOptions,
): Promise<Consumer<Q>> {
  const consumer = makeConsumer(queue, options);
  await Consumer.lifecycleOf(consumer).start();
  return consumer;
}

/** A consumer that is not connected yet. @throws DefinitionError when an option is out of its range, or unknown */
export function makeConsumer<const Q extends QueueDefinition>(queue: Q, options: ConnectConsumerOptions): Consumer<Q> {
  checkQueue('connectConsumer', queue);
  checkOptions('consumer', CONSUMER_RULES, options, DefinitionError);
  const slots = new Slots(0);
  const consumer: Consumer<Q> = new Consumer<Q>({ queue, slots, host: () => parts.host, pool: () => parts.pool });
  const handlers = new Map<string, PlainHandler>(
    queue.jobs.map((contract) => [
      contract.name,
      { contract, handle: (attempt) => consumer.handOver(contract, attempt) },
    ]),
  );
  const onRunOver = ({ fence }: { fence: number }): void => consumer.release(fence);
  const parts = assemblePool(queue, handlers, { ...options, slots, takesAtWake: false, onRunOver });
  return consumer;
}
