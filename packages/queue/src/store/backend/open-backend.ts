import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { storedName } from '../keys/queue-keys.ts';
import type { RedisClock } from '../connection/redis-clock.ts';
import type { RedisConnection } from '../connection/redis-connection.ts';
import type { BoundedBackend } from './bounded-backend.ts';
import { queueBackend, visitingBackend } from './create-bounded-backend.ts';

/**
 * The backend of one of our queues on a connection of ours. BullMQ awaits its connection once and for ever; so it is
 * handed over only when it is ready, and that wait has a deadline.
 *
 * @throws RedisUnavailableError, or what the connection's own check found wrong
 */
export async function openBackend(
  queue: QueueDefinition,
  connection: RedisConnection,
  { clock, ...settings }: { clock: RedisClock; allowUntestedBullmq: boolean; isGuest?: boolean },
): Promise<BoundedBackend> {
  await connection.connect();
  await clock.start(connection);
  const open = async (): Promise<BoundedBackend> => {
    const options = { connection: connection.client, prefix: queue.prefix, skipVersionCheck: true };
    const backend = queueBackend(queue, { clock, ...settings })(storedName(queue), options);
    backend.on('error', () => undefined); // the connection logs and answers for its connection
    await backend.waitUntilReady();
    await backend.announce();
    await backend.claimCapacity();
    return backend;
  };
  return connection.call(open);
}

/** The backend of a queue that somebody only looks at, on a connection that is ready: it leaves nothing in Redis. */
export function visitBackend(
  queue: Pick<QueueDefinition, 'name' | 'prefix'>,
  connection: RedisConnection,
  { allowUntestedBullmq }: { allowUntestedBullmq: boolean },
): BoundedBackend {
  const options = { connection: connection.client, prefix: queue.prefix, skipVersionCheck: true };
  const backend = visitingBackend(allowUntestedBullmq)(storedName(queue), options);
  backend.on('error', () => undefined); // the connection logs and answers for its connection
  return backend;
}
