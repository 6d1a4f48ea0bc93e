import type { TestAPI } from 'vitest';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import type { PoolHarness } from '../../pool/testing/pool-harness.ts';
import { poolTest } from '../../pool/testing/pool-test.ts';
import { jobFields, sluiceKeys } from '../keys/queue-keys.ts';
import type { BullmqLeaseStore } from './bullmq-lease-store.ts';
import type { StoredJob, StoreSubject } from './testing/conformance/store-subject.ts';
import { testLeaseStore } from './testing/lease-store-conformance.ts';
import { openLeaseStore } from './testing/open-lease-store.ts';

const STATES: Record<string, StoredJob['state']> = { prioritized: 'waiting', failed: 'dead', unknown: 'gone' };

async function find({ raw, redis, key }: PoolHarness, id: string): Promise<StoredJob> {
  const [state, job, result, code, shared] = await Promise.all([
    raw.getJobState(id),
    raw.getJob(id),
    redis.hget(key(id), 'returnvalue'),
    redis.hget(key(id), jobFields.failureCode),
    redis.hget(key(id), jobFields.sharedDelivery),
  ]);
  return {
    state: STATES[state] ?? (state as StoredJob['state']),
    attemptsMade: job?.attemptsMade ?? 0,
    result,
    failure: code === null ? null : { code, message: job?.failedReason ?? '' },
    progress: job?.progress,
    sharedDelivery: Number(shared ?? 0),
  };
}

const test: TestAPI<{ subject: StoreSubject }> = poolTest.extend(
  'subject',
  async ({ open, redis: { url }, prefix, queueName }, { onCleanup }) => {
    const harness = open();
    const { add, raw, redis, key } = harness;
    const queue = defineQueue({ name: queueName, prefix, jobs: [harness.job.contract], capacity: 10 });
    const stores: BullmqLeaseStore[] = [];
    onCleanup(async () => void (await Promise.all(stores.map((store) => store.close()))));
    const openStore = async (name: string): Promise<BullmqLeaseStore> => {
      const store = await openLeaseStore(queue, url, { name, tokenPrefix: name });
      stores.push(store);
      return store;
    };
    const [store, other] = await Promise.all([openStore('pool'), openStore('other')]);
    const subject: StoreSubject = {
      store,
      other,
      add: () => add({ do: 'ok' }),
      addSpecial: () => add({ do: 'ok' }, { deduplication: { id: 'd' } }),
      find: (id) => find(harness, id),
      endLease: async (id, how) => {
        await (how === 'ran out' ? redis.del(key(`${id}:lock`)) : redis.set(key(`${id}:lock`), 'another'));
      },
      addChild: async (id) => void (await redis.sadd(key(`${id}:dependencies`), 'child')),
      removeContent: async (id) => void (await redis.del(key(id))),
      pause: () => raw.pause(),
      limitRate: async () => {
        await raw.setGlobalRateLimit(1, 60_000);
        await raw.rateLimit(60_000);
      },
      suspect: async (...groups) => {
        const members = groups.flatMap((ids, group) => ids.flatMap((id) => [group + 1, id]));
        await redis.zadd(key(sluiceKeys.crashSuspects), ...members);
        await redis.hset(key('meta'), 'sluice.crashSuspects', 0);
      },
    };
    return subject;
  },
) as unknown as TestAPI<{ subject: StoreSubject }>;

testLeaseStore(test);
