import type { QueueDefinition } from '@sluice/shared';
import { BullmqLeaseStore } from '../../../pool/bullmq/bullmq-lease-store.ts';
import { poolDefaults } from '../../../pool/pool-defaults.ts';
import { RedisLink } from '../../../redis/redis-link.ts';
import type { Delivery, Taken } from '../../../pool/delivery.ts';
import { type PoolHand, refusal, resultOf } from './pool-hand.ts';

/** A pool's own storage, called as the pool would. */
export async function openOurPool(
  queue: QueueDefinition,
  url: string,
): Promise<{ hand: PoolHand; close: () => Promise<void> }> {
  const store = new BullmqLeaseStore({
    queue,
    commands: new RedisLink(url),
    waiting: new RedisLink(url),
    name: 'w',
    tokenPrefix: 'ours',
    timings: { ...poolDefaults, leaseMs: 600_000 },
    onFault: (error) => {
      throw error;
    },
  });
  await store.connect();
  const settled = (ended: Promise<void>): Promise<string | null> => refusal(ended);
  const hand: PoolHand = {
    turn: async (completed, take) => {
      const completions = completed.map((delivery) => ({ delivery, result: resultOf(delivery) }));
      const turn = { completions, take, offered: false, takeMost: 100 };
      const { ends, taken } = await store.exchange(turn);
      const alone: Taken | null = taken === 'alone' ? await store.takeAlone(take) : taken;
      const told: (string | null)[] = [];
      for (const [index, end] of ends.entries()) {
        const { delivery, result } = completions[index] as { delivery: Delivery; result: string };
        if (end === 'alone') told.push(await settled(store.complete(delivery, result)));
        else told.push(end === null ? null : await refusal(Promise.reject(end)));
      }
      return { ends: told, taken: [...(alone?.deliveries ?? [])] };
    },
    retry: (delivery, failure, delayMs) => settled(store.retry(delivery, failure, delayMs)),
    bury: (delivery, failure) => settled(store.bury(delivery, failure)),
    release: (delivery, delayMs) => settled(store.release(delivery, delayMs)),
  };
  return { hand, close: () => store.close() };
}
