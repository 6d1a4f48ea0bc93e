import { seeded } from '@sluice/testing/seeded';
import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import type { Completion, Batch, BatchReply } from './lease-store.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { PoolHarness } from '../../pool/testing/pool-harness.ts';
import { poolTest } from '../../pool/testing/pool-test.ts';
import { readKeyspace } from '../backend/differential/testing/keyspace.ts';
import type { BullmqLeaseStore } from './bullmq-lease-store.ts';
import { openLeaseStore } from './testing/open-lease-store.ts';

interface Opened extends PoolHarness {
  store: BullmqLeaseStore;
  settleAndTake(batch: Partial<Batch>): Promise<BatchReply>;
  /** Takes at most `count` jobs. */
  take(count: number): Promise<readonly Delivery[]>;
}

const test = poolTest.extend('opened', async ({ open, redis, prefix, queueName }, { onCleanup }) => {
  const harness = open();
  const queue = defineQueue({ name: queueName, prefix, jobs: [harness.job.contract], capacity: 3 });
  const store = await openLeaseStore(queue, redis.url, { timings: poolDefaults });
  onCleanup(() => store.close());
  const settleAndTake = (batch: Partial<Batch>): Promise<BatchReply> =>
    store.settleAndTake({ completions: [], take: 0, offered: false, takeMost: 100, ...batch });
  const take = async (count: number): Promise<readonly Delivery[]> =>
    ((await settleAndTake({ take: count })).taken as Taken).deliveries;
  const opened: Opened = { ...harness, store, settleAndTake, take };
  return opened;
});

const done = (delivery: Delivery | undefined): Completion => ({ delivery: delivery as Delivery, result: '1' });

describe('one batch of a pool', () => {
  test('completes the others when one of its jobs is not as it should be', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis, raw } = opened;
    for (let count = 0; count < 3; count += 1) await add({ do: 'ok' });
    const [a, b, c] = await take(3);
    await redis.set(key(b?.id ?? ''), 'overwritten');
    await redis.set(key(`${c?.id}:lock`), 'another');
    const { ends } = await settleAndTake({ completions: [done(c), done(b), done(a)] });
    expect(ends).toMatchObject([{ code: 'SLUICE_LEASE_LOST' }, 'needs-bullmq-script', null]);
    expect(await raw.getJobCounts('active', 'completed')).toEqual({ active: 2, completed: 1 });
  });

  test('takes no job that is not as it should be, and those before it', async ({ opened }) => {
    const { add, settleAndTake, key, redis } = opened;
    const ids = [await add({ do: 'ok' }), await add({ do: 'ok' }), await add({ do: 'ok' })];
    await redis.set(key(ids[1] ?? ''), 'overwritten');
    const { taken } = await settleAndTake({ take: 3 });
    expect((taken as Taken).deliveries.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await settleAndTake({ take: 3 })).taken).toBe('needs-bullmq-script');
    expect(await redis.lrange(key('active'), 0, -1)).toEqual([ids[0]]);
  });

  // B6: an error rolls nothing back.
  test.for(['completed', 'events', 'stalled', 'wait', 'prioritized', 'delayed'])(
    'changes no job when the key %s is of another kind',
    async (broken, { opened }) => {
      const { add, take, settleAndTake, key, redis } = opened;
      await add({ do: 'ok' });
      await add({ do: 'ok' });
      const [held] = await take(1);
      await redis.del(key(broken));
      await redis.set(key(broken), 'overwritten');
      await expect(settleAndTake({ completions: [done(held)], take: 1 })).rejects.toThrow('WRONGTYPE');
      expect(await redis.lrange(key('active'), 0, -1)).toEqual([held?.id]);
      expect(await redis.get(key(`${held?.id}:lock`))).toBe(held?.token);
      expect(await redis.hexists(key(held?.id ?? ''), 'finishedOn')).toBe(0);
    },
  );

  test('gives the slots only of jobs that it completed to others, and never more than a run may take', async ({
    opened,
  }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    for (let count = 0; count < 9; count += 1) await add({ do: 'ok' });
    const [a, b] = await take(2);
    await redis.del(key(`${b?.id}:lock`));
    const { taken } = await settleAndTake({ completions: [done(a), done(b)], offered: true });
    expect((taken as Taken).deliveries).toHaveLength(1);
    const more = await settleAndTake({
      completions: [done((taken as Taken).deliveries[0])],
      take: 2,
      offered: true,
      takeMost: 2,
    });
    expect((more.taken as Taken).deliveries).toHaveLength(2);
  });

  test('takes about a mebibyte at once, and says that there is more', async ({ opened }) => {
    const { add, settleAndTake } = opened;
    for (let count = 0; count < 6; count += 1) await add({ do: 'ok', value: 'x'.repeat(300_000) });
    const first = (await settleAndTake({ take: 6 })).taken as Taken;
    expect([first.deliveries.length, first.more]).toEqual([4, true]);
    expect(((await settleAndTake({ take: 6 })).taken as Taken).deliveries).toHaveLength(2);
  });

  test('completes no job that another client took off the active list', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    await add({ do: 'ok' });
    const [held] = await take(1);
    await redis.del(key('active'));
    const { ends } = await settleAndTake({ completions: [done(held)], offered: true });
    expect(ends).toMatchObject([{ code: 'SLUICE_LEASE_LOST' }]);
    expect(await redis.zcard(key('completed'))).toBe(0);
  });

  test('begins the count of prioritized jobs anew when it finds no more of them', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    await add({ do: 'ok' });
    await redis.set(key('pc'), 7);
    const [held] = await take(1);
    expect(await redis.get(key('pc'))).toBe('7'); // whether there are more was not looked at
    await settleAndTake({ completions: [done(held)], offered: true });
    expect(await redis.exists(key('pc'))).toBe(0);
  });

  test('says that the queue is drained when nothing waits and nothing else runs', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    for (let count = 0; count < 2; count += 1) await add({ do: 'ok' });
    const [first, second] = await take(2);
    const drained = async () =>
      JSON.stringify(await redis.xrange(key('events'), '-', '+')).split('"drained"').length - 1;
    await settleAndTake({ completions: [done(first)], offered: true });
    expect(await drained()).toBe(0);
    await settleAndTake({ completions: [done(second)], offered: true });
    expect(await drained()).toBe(1);
  });

  test('gives each delivery a larger fence than the last one, also when the clock stands behind it', async ({
    opened,
  }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    for (let count = 0; count < 3; count += 1) await add({ do: 'ok' });
    const last = (Date.now() + 3_600_000) * 1_000;
    await redis.hset(key('meta'), 'sluice.fence', last);
    const [first] = await take(1);
    const { taken } = await settleAndTake({ completions: [done(first)], offered: true });
    const [second] = (taken as Taken).deliveries;
    const [third] = await take(1);
    expect([first, second, third].map((delivery) => Number(delivery?.fence) - last)).toEqual([1, 2, 3]);
  });

  test('wakes the puts that wait for capacity', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    for (let count = 0; count < 3; count += 1) await add({ do: 'ok' });
    const [held] = await take(1);
    await redis.zadd(key('sluice:waiters'), 1, 'someone:1');
    await redis.hset(key('sluice:tickets'), 'someone:1', `1 ${Date.now() + 60_000}`);
    await settleAndTake({ completions: [done(held)], take: 1 });
    expect(await redis.xlen(key('sluice:wake:someone'))).toBe(1);
  });

  test('removes no more than a bounded number of jobs beyond what is kept', async ({ opened }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    const old = Array.from({ length: 1_200 }, (_, index) => ['1', `old${index}`]).flat();
    await redis.zadd(key('completed'), ...old);
    await add({ do: 'ok' });
    await add({ do: 'ok' });
    const [a, b] = await take(2);
    await settleAndTake({ completions: [done(a)] });
    expect(await redis.zcard(key('completed'))).toBe(1_200 + 1 - 500);
    await settleAndTake({ completions: [done(b)] });
    expect(await redis.zcard(key('completed'))).toBe(1_200 + 2 - 1_000);
  });

  test('keeps what it completed before others of the same millisecond', async ({ opened, onTestFinished }) => {
    const { add, take, settleAndTake, key, redis } = opened;
    const now = Date.now() + 1_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    onTestFinished(() => clock.mockRestore());
    const kept = defineQueue({ name: 'any', jobs: [opened.job.contract], capacity: 1 }).keep.completed.count;
    const others = Array.from({ length: kept }, (_, index) => [`${now}`, `~${index}`]).flat();
    await redis.zadd(key('completed'), ...others);
    const ids = [await add({ do: 'ok' }), await add({ do: 'ok' })];
    await settleAndTake({ completions: (await take(2)).map(done) });
    expect(await redis.zcard(key('completed'))).toBe(kept);
    expect(await redis.zrange(key('completed'), '0', '1')).toEqual(ids.toSorted());
  });
});

describe('a wait', () => {
  test('takes what comes, at the time that Redis has, and says whether that was all', async ({
    opened: { store, add, raw },
    redis,
    skip,
  }) => {
    skip(redis.isCluster, 'on a cluster a wait takes nothing');
    const waited = store.waitForWork(5_000, 1);
    const since = Date.now();
    const id = await add({ do: 'ok' });
    const wake = await waited;
    expect(wake).toMatchObject({ taken: { deliveries: [{ id }], more: false } });
    expect((await raw.getJob(id))?.processedOn).toBeGreaterThanOrEqual(since);
    await raw.addBulk(Array.from({ length: 3 }, () => ({ name: 'scripted', data: { do: 'ok' } })));
    expect(await store.waitForWork(5_000, 2)).toMatchObject({ taken: { deliveries: [{}, {}], more: true } });
  });

  test('that Redis refuses fails, or the pool would ask again and again', async ({ opened: { store, redis, key } }) => {
    await redis.set(key('marker'), 'overwritten');
    await expect(store.waitForWork(5_000, 1)).rejects.toThrow(/WRONGTYPE/);
  });
});

function shuffled<T>(items: readonly T[]): T[] {
  const random = seeded(1);
  const placed = items.map((item) => ({ item, place: random() }));
  return placed.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}

/** Everything below a prefix, so that it can be put back. What is put back expires. */
async function snapshot(redis: Redis, prefix: string): Promise<() => Promise<void>> {
  const keys = await redis.keys(`${prefix}:*`);
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return async () => {
    await redis.del(...(await redis.keys(`${prefix}:*`)));
    await Promise.all(keys.map((key, index) => redis.restore(key, 600_000, dumps[index] ?? '')));
  };
}

describe('a long active list', () => {
  test.for([
    { completed: 12, from: 'both ends' },
    { completed: 60, from: 'both ends' },
    { completed: 60, from: 'the newest' },
  ])(
    'loses $completed jobs from $from in one call as it would one by one (B9)',
    async ({ completed, from }, { opened, prefix, redis: server, skip, onTestFinished }) => {
      skip(server.isCluster, 'SCAN sees one node of a cluster');
      const { take, settleAndTake, key, redis, raw } = opened;
      const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
      onTestFinished(() => clock.mockRestore());
      await raw.addBulk(Array.from({ length: 160 }, () => ({ name: 'scripted', data: { do: 'ok' } })));
      const held = [...(await take(100)), ...(await take(60))];
      const others = Array.from({ length: 220 }, (_, index) => `other${index}`);
      const active = await redis.lrange(key('active'), 0, -1);
      await redis.del(key('active'));
      const longer = [...active.slice(0, 70), ...others, ...active.slice(70, 90), ...others, ...active.slice(90)];
      await redis.rpush(key('active'), ...longer);
      const byAge = from === 'the newest' ? held.toReversed() : held;
      const near =
        from === 'both ends' ? [...byAge.slice(0, completed), ...byAge.slice(-completed)] : byAge.slice(0, 70);
      const chosen = shuffled(near).slice(0, completed);
      const [lost, foreign, absent, gone, missing] = chosen;
      await redis.del(key(`${lost?.id}:lock`), key(gone?.id ?? ''));
      await redis.set(key(`${foreign?.id}:lock`), 'another');
      await redis.lrem(key('active'), 1, absent?.id ?? '');
      await redis.del(key(missing?.id ?? ''), key(`${missing?.id}:lock`));
      const completions = [...chosen, chosen.at(-1)].map(done);

      const restore = await snapshot(redis, prefix);
      await restore();
      const together = await settleAndTake({ completions });
      const left = await readKeyspace(redis, prefix);
      await restore();
      const oneByOne: BatchReply[] = [];
      for (const completion of completions) oneByOne.push(await settleAndTake({ completions: [completion] }));

      expect(left).toEqual(await readKeyspace(redis, prefix));
      expect(together.ends.slice(0, -1)).toEqual(oneByOne.slice(0, -1).flatMap(({ ends }) => ends));
      expect(together.ends.filter((end) => end !== null)).toHaveLength(6);
      expect(await redis.llen(key('active'))).toBe(600 - 1 - (completed - 5));
    },
  );
});

describe('a pool of a thousand slots', () => {
  test('completes its jobs in any order (B9)', async ({ open }) => {
    const { pool, job, raw } = open();
    await raw.addBulk(
      Array.from({ length: 3_000 }, () => ({ name: 'scripted', data: { do: 'wait', ms: Math.random() * 100 } })),
    );
    const running = pool({ concurrency: 1_000 });
    await running.runUntilIdle({ idleMs: 200 });
    expect(running.health()).toMatchObject({ taken: 3_000, completed: 3_000, leaseLost: 0 });
    expect(new Set(job.runs.map((run) => run.id)).size).toBe(3_000);
    expect(await raw.getJobCounts('active', 'completed', 'waiting')).toEqual({
      active: 0,
      completed: 3_000,
      waiting: 0,
    });
  });
});
