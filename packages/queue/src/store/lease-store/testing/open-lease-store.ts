import type { QueueDefinition } from '../../../job/contracts/queue-policy.ts';
import { poolDefaults } from '../../../job/pool-defaults.ts';
import { RedisConnection } from '../../connection/redis-connection.ts';
import { BullmqLeaseStore, type BullmqLeaseStoreDeps } from '../bullmq-lease-store.ts';

/** A connected store with leases that no test outlives. */
export async function openLeaseStore(
  queue: QueueDefinition,
  url: string,
  more: Partial<BullmqLeaseStoreDeps> = {},
): Promise<BullmqLeaseStore> {
  const store = new BullmqLeaseStore({
    queue,
    commands: new RedisConnection(url),
    waiting: new RedisConnection(url),
    name: 'w',
    tokenPrefix: 'pool',
    timings: { ...poolDefaults, leaseMs: 600_000 },
    readUpToMs: () => -Infinity,
    onFault: () => undefined,
    ...more,
  });
  await store.connect();
  return store;
}
