import { type Logger, type QueueDefinition, silentLogger } from '@sluice/shared';
import { openBackend } from '../backend/open-backend.ts';
import type { RedisInput } from '../redis/redis-input.ts';
import { RedisLink } from '../redis/redis-link.ts';
import { Producer } from './producer.ts';

export interface ConnectProducerOptions {
  redis: RedisInput;
  /** Default: no logs. */
  logger?: Logger;
  /**
   * How long a call may take while Redis is away, before it rejects. Default 5,000 ms. However long: a put whose answer
   * was lost is sent again for 10 s only, as long as Redis keeps answers for sure, and rejects with PutUnknownError then.
   */
  unavailableMs?: number;
}

/**
 * Connects to a queue in order to put jobs into it. Opens one connection, and one more each while results are awaited and while puts wait for room.
 *
 * @throws RedisUnavailableError when Redis is not ready within `unavailableMs`; RedisUnsuitableError when it is too old
 */
export async function connectProducer<Q extends QueueDefinition>(
  queue: Q,
  options: ConnectProducerOptions,
): Promise<Producer<Q>> {
  const { redis, logger = silentLogger() } = options;
  const shared = options.unavailableMs === undefined ? {} : { unavailableMs: options.unavailableMs };
  const link = new RedisLink(redis, { logger, ...shared });
  try {
    const backend = await openBackend(queue, link, logger);
    return new Producer({ queue, link, backend, logger, openStream: () => new RedisLink(redis, shared) });
  } catch (error) {
    await link.close();
    throw error;
  }
}
