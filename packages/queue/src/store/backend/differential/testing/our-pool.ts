import type { QueueDefinition } from '../../../../job/contracts/queue-policy.ts';
import { BullmqLeaseStore } from '../../../lease-store/bullmq-lease-store.ts';
import { poolDefaults } from '../../../../job/pool-defaults.ts';
import { RedisConnection } from '../../../connection/redis-connection.ts';
import type { Taken } from '../../../../job/delivery.ts';
import type { BatchReply } from '../../../lease-store/lease-store.ts';
import { type PoolHand, refusal, resultOf } from './pool-hand.ts';

/** How many jobs are still wanted, when there may be more. */
function leftOf(take: number, found: readonly Taken[]): number {
  const count = found.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
  return found.at(-1)?.more ? take - count : 0;
}

/** A pool's own storage, called as the pool would. */
export async function openOurPool(
  queue: QueueDefinition,
  url: string,
): Promise<{ hand: PoolHand; close: () => Promise<void> }> {
  const store = new BullmqLeaseStore({
    queue,
    commands: new RedisConnection(url),
    waiting: new RedisConnection(url),
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
    batch: async (completed, take) => {
      const all = completed.map((delivery) => ({ delivery, result: resultOf(delivery) }));
      // As the store batcher does it.
      const completions = all.filter(({ delivery }) => delivery.options.removeOnComplete === undefined);
      const batch = { completions, take, offered: false, takeMost: 100 };
      const first = await store.settleAndTake(batch);
      const found: Taken[] = [];
      const add = async ({ taken }: BatchReply, wanted: number): Promise<void> => {
        if (taken && taken !== 'suspects')
          found.push(taken === 'needs-bullmq-script' ? await store.takeWithBullmq(wanted) : taken);
      };
      await add(first, take);
      // A run may end before an id that it has seen; the pool then asks again.
      for (let left = leftOf(take, found); left > 0; left = leftOf(take, found)) {
        await add(await store.settleAndTake({ completions: [], take: left, offered: false, takeMost: left }), left);
      }
      const ends = new Map(completions.map(({ delivery }, index) => [delivery, first.ends[index]] as const));
      const replies: (string | null)[] = [];
      for (const { delivery, result } of all) {
        const end = ends.has(delivery) ? ends.get(delivery) : 'needs-bullmq-script';
        if (end === 'needs-bullmq-script') replies.push(await settled(store.complete(delivery, result)));
        else replies.push(end ? await refusal(Promise.reject(end)) : null);
      }
      return { ends: replies, taken: found.flatMap(({ deliveries }) => deliveries) };
    },
    retry: (delivery, failure, delayMs) => settled(store.retry(delivery, failure, delayMs)),
    deadLetter: (delivery, failure) => settled(store.deadLetter(delivery, failure)),
    release: (delivery, delayMs) => settled(store.release(delivery, delayMs)),
  };
  return { hand, close: () => store.close() };
}
