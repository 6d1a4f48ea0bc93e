import { setTimeout as sleep } from 'node:timers/promises';
import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { RedisOperation } from '../connection/redis-connection.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import { type ListedPool, listPools } from './list-pools.ts';
import { type FleetOrder, orderField } from './pool-orders.ts';

export interface OrderPoolsDeps {
  readonly keys: KeysMap;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

const script = new RedisScript(() => ourScript('order-pools'));
const LOOK_EVERY_MS = 100;
const ORDER_MARGIN_MS = 1_000;

/**
 * Gives pools an order, and waits until each says of itself that it is so. What is not read by then is withdrawn.
 *
 * @returns the ids of those that did not confirm it
 */
export async function orderPools(
  deps: OrderPoolsDeps,
  ids: readonly string[],
  order: FleetOrder,
  waitMs: number,
): Promise<Set<string>> {
  const endsAtMs = performance.now() + waitMs;
  await deps.call((client) => leave(client, deps.keys, { ids, order, lastsMs: waitMs + ORDER_MARGIN_MS }));
  for (;;) {
    const { pools } = await deps.call((client) => listPools(client, deps.keys));
    const open = new Set(
      ids.filter(
        (id) =>
          !isDone(
            order,
            pools.find((pool) => pool.id === id),
          ),
      ),
    );
    if (open.size === 0) return open;
    const leftMs = endsAtMs - performance.now();
    if (leftMs <= 0) {
      await deps.call((client) => leave(client, deps.keys, { ids: [...open], order, lastsMs: 0 }));
      return open;
    }
    await sleep(Math.min(leftMs, LOOK_EVERY_MS));
  }
}

/** A pool that is gone has drained, but is not known to have done anything else. */
function isDone(order: FleetOrder, pool: ListedPool | undefined): boolean {
  switch (order.kind) {
    case 'drain':
      return !pool || pool.about?.state === 'draining';
    case 'concurrency':
      return pool?.about?.slots === order.slots;
    default:
      return order satisfies never;
  }
}

interface Left {
  readonly ids: readonly string[];
  readonly order: FleetOrder;
  readonly lastsMs: number;
}

async function leave(client: Redis, keys: KeysMap, { ids, order, lastsMs }: Left): Promise<void> {
  const base = keys[''] ?? '';
  const args = [`${base}${sluiceKeys.orders}`, ...orderField(order), Math.ceil(lastsMs), ...ids];
  await script.run(client, [`${base}${sluiceKeys.pools}`], args);
}
