import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { connectAdmin } from '../../admin/connect-admin.ts';
import type { Admin } from '../../admin/admin.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import { OptionError } from '../../job/errors/index.ts';
import type { PoolHarness } from '../../pool/testing/pool-harness.ts';
import { poolTest } from '../../pool/testing/pool-test.ts';
import { checkAtRandom } from '../../testing/check-at-random.ts';
import type { BullmqLeaseStore } from '../lease-store/bullmq-lease-store.ts';
import { openLeaseStore } from '../lease-store/testing/open-lease-store.ts';

interface Opened extends PoolHarness {
  readonly admin: Admin;
  readonly store: BullmqLeaseStore;
  take(count: number): Promise<Taken>;
  /** Adds jobs of these contracts, in this order; each is called by its contract and its number. */
  addAll(names: readonly string[], priority?: number): Promise<void>;
  complete(deliveries: readonly Delivery[], take?: number): Promise<Taken | null>;
}

const failure = { code: 'X', message: 'x', stack: 'x' } as const;

const test = poolTest.extend('opened', async ({ open, redis, prefix, queueName }, { onCleanup }) => {
  const harness = open();
  const queue = defineQueue({ name: queueName, prefix, jobs: [harness.job.contract], capacity: 100_000 });
  const store = await openLeaseStore(queue, redis.url);
  const admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
  onCleanup(async () => void (await Promise.all([store.close(), admin.close()])));
  let number = 0;
  const settle = async (deliveries: readonly Delivery[], take: number): Promise<Taken | null> => {
    const completions = deliveries.map((delivery) => ({ delivery, result: '1' }));
    const reply = await store.settleAndTake({ completions, take, offered: false, takeMost: 100 });
    return reply.taken as Taken | null;
  };
  const opened: Opened = {
    ...harness,
    admin,
    store,
    take: async (count) => (await settle([], count)) as Taken,
    addAll: async (names, priority) => {
      const bulk = names.map((name) => {
        number += 1;
        return { name, data: {}, opts: { jobId: `${name}-${number}`, ...(priority && { priority }) } };
      });
      await harness.raw.addBulk(bulk);
    },
    complete: (deliveries, take = 0) => settle(deliveries, take),
  };
  return opened;
});

const idsOf = ({ deliveries }: Taken): string[] => deliveries.map(({ id }) => id);

describe('a contract with a limit of running jobs', () => {
  test('starts no more of them, and those behind them run', async ({ opened }) => {
    const { admin, addAll, take, complete } = opened;
    await admin.limits.set({ job: 'a', running: 2 });
    await addAll(['a', 'a', 'a', 'a', 'b', 'b']);
    const first = await take(10);
    expect(idsOf(first)).toEqual(['a-1', 'a-2', 'b-5', 'b-6']);
    expect(first).toMatchObject({ more: false, isLimited: true });
    expect(await admin.limits.get()).toMatchObject({ active: 4, heldBack: 2, jobs: { a: { active: 2, heldBack: 2 } } });
    expect(await admin.find('a-3')).toMatchObject({ state: 'delayed', heldBack: true, dueAt: null });
    expect((await admin.jobs({ state: 'delayed' })).jobs).toMatchObject([{ heldBack: true }, { heldBack: true }]);
    const next = await complete(first.deliveries.slice(0, 1), 10);
    expect(idsOf(next as Taken)).toEqual(['a-3']);
    expect(await admin.find('a-3')).not.toHaveProperty('heldBack');
    expect(await admin.stats()).toMatchObject({ depth: 5, active: 4 });
  });

  test('keeps the order of its jobs, and its urgent ones behind the others', async ({ opened }) => {
    const { admin, addAll, take, complete } = opened;
    await admin.limits.set({ job: 'a', running: 1 });
    await addAll(['a', 'a'], 5);
    await addAll(['a', 'a']);
    await addAll(['a'], 1);
    const order: string[] = [];
    for (let taken: Taken | null = await take(10); taken && taken.deliveries.length > 0;) {
      order.push(...idsOf(taken));
      await addAll(order.length === 1 ? ['a'] : []);
      taken = await complete(taken.deliveries, 10);
    }
    expect(order).toEqual(['a-3', 'a-4', 'a-6', 'a-5', 'a-1', 'a-2']);
  });

  test('counts those that run when it is set, and stops none', async ({ opened }) => {
    const { admin, addAll, take, complete } = opened;
    await addAll(['a', 'a', 'a', 'a']);
    const { deliveries } = await take(3);
    await admin.limits.set({ job: 'a', running: 2 });
    expect(idsOf((await complete(deliveries.slice(0, 1), 5)) as Taken)).toEqual([]);
    expect(idsOf((await complete(deliveries.slice(1, 2), 5)) as Taken)).toEqual(['a-4']);
  });

  test('lets the next one start for each job that leaves in another way', async ({ opened }) => {
    const { admin, addAll, take, store, redis, key } = opened;
    await admin.limits.set({ job: 'a', running: 1 });
    await addAll(['a', 'a', 'a', 'a']);
    const leave: ((delivery: Delivery) => Promise<unknown>)[] = [
      (delivery) => store.retry(delivery, failure, 60_000),
      (delivery) => store.deadLetter(delivery, failure),
      (delivery) => store.release(delivery, 60_000),
    ];
    for (const [index, by] of leave.entries()) {
      const taken = await take(5);
      expect(idsOf(taken)).toEqual([`a-${index + 1}`]);
      await redis.del(key('marker'));
      await by(taken.deliveries[0] as Delivery);
      expect(await redis.zscore(key('marker'), '0')).toBe('0'); // a pool that waits is woken
    }
    expect(idsOf(await take(5))).toEqual(['a-4']);
  });

  test('still counts a job whose lock is gone until it is given back', async ({ opened }) => {
    const { admin, addAll, take, redis, key } = opened;
    await admin.limits.set({ job: 'a', running: 1 });
    await addAll(['a', 'a']);
    const [held] = (await take(2)).deliveries;
    await redis.del(key(`${held?.id}:lock`));
    expect(idsOf(await take(2))).toEqual([]);
  });

  test('lets a job run behind ten thousand that it holds back', async ({ opened }) => {
    const { admin, addAll, take, redis, key } = opened;
    await admin.pause({ job: 'a' });
    for (let n = 0; n < 10; n += 1) await addAll(Array.from({ length: 1_000 }, () => 'a'));
    await addAll(['b']);
    let calls = 0;
    let taken = await take(2);
    for (; taken.deliveries.length === 0 && taken.more; calls += 1) taken = await take(2);
    expect(idsOf(taken)).toEqual(['b-10001']);
    expect(calls).toBe(20);
    expect(await redis.llen(key('wait'))).toBe(0);
    expect(await admin.stats()).toMatchObject({ depth: 10_001 });
    await admin.resume({ job: 'a' });
    expect(idsOf(await take(3))).toEqual(['a-1', 'a-2', 'a-3']);
  });

  test('forgets one that was removed, or promoted, while it was held back', async ({ opened }) => {
    const { admin, addAll, take, raw } = opened;
    await admin.pause({ job: 'a' });
    await addAll(['a', 'a', 'a', 'a']);
    await take(5);
    await raw.remove('a-1');
    await (await raw.getJob('a-4'))?.promote();
    await admin.limits.set({ job: 'a', running: 10 });
    await admin.resume({ job: 'a' });
    const found = idsOf(await take(5));
    expect([...found, ...idsOf(await take(5))]).toEqual(['a-2', 'a-3', 'a-4']);
  });
});

describe('a contract with a limit of rates', () => {
  test('starts so many in a time, and says when to look again', async ({ opened }) => {
    const { admin, addAll, take } = opened;
    await admin.limits.set({ job: 'a', rate: { jobs: 3, perMs: 60_000 } });
    await addAll(['a', 'a', 'a', 'a', 'b']);
    const before = Date.now();
    const taken = await take(10);
    expect(idsOf(taken)).toEqual(['a-1', 'a-2', 'a-3', 'b-5']);
    expect(taken.nextDueAtMs).toBeGreaterThanOrEqual(before + 60_000);
    expect(taken.nextDueAtMs).toBeLessThan(before + 70_000);
    expect(idsOf(await take(10))).toEqual([]);
  });
});

describe('a queue with limits', () => {
  test('runs no more jobs at once, many in one call', async ({ opened }) => {
    const { admin, addAll, take, complete } = opened;
    await admin.limits.set({ running: 3 });
    await addAll(['a', 'a', 'a', 'a', 'b', 'b']);
    const first = await take(10);
    expect(idsOf(first)).toHaveLength(3);
    expect(await take(10)).toMatchObject({ deliveries: [], more: false, isLimited: true });
    expect(idsOf((await complete(first.deliveries.slice(0, 2), 10)) as Taken)).toEqual(['a-4', 'b-5']);
  });

  test('starts no more in a window, as BullMQ counts it', async ({ opened }) => {
    const { admin, addAll, take, raw } = opened;
    await admin.limits.set({ rate: { jobs: 3, perMs: 60_000 } });
    await addAll(['a', 'a', 'a', 'a', 'b', 'b']);
    expect(idsOf(await take(2))).toHaveLength(2);
    expect(idsOf(await take(10))).toHaveLength(1);
    const { limitedMs } = await take(10);
    expect(limitedMs).toBeGreaterThan(50_000);
    expect(await raw.getRateLimitTtl()).toBeGreaterThan(50_000);
    await admin.limits.clear();
    expect(idsOf(await take(10))).toHaveLength(3);
    expect(await admin.limits.get()).toMatchObject({ running: null, rate: null, jobs: {} });
  });
});

describe('limits', () => {
  test('are shown as they were set, each changed alone', async ({ opened: { admin } }) => {
    await admin.limits.set({ running: 5 });
    await admin.limits.set({ job: 'a', running: 2 });
    await admin.limits.set({ job: 'a', rate: { jobs: 1, perMs: 500 } });
    await admin.pause({ job: 'b' });
    const a = { running: 2, rate: { jobs: 1, perMs: 500 }, paused: false, active: 0, heldBack: 0 };
    const b = { running: null, rate: null, paused: true, active: null, heldBack: 0 };
    expect(await admin.limits.get()).toEqual({ running: 5, rate: null, active: 0, heldBack: 0, jobs: { a, b } });
    await admin.limits.clear({ job: 'a' });
    await admin.resume({ job: 'b' });
    expect(await admin.limits.get()).toMatchObject({ running: 5, jobs: {} });
  });

  test('leave nothing in a queue that is obliterated', async ({ opened: { admin, addAll, take, redis, key, raw } }) => {
    await admin.limits.set({ job: 'a', running: 1, rate: { jobs: 9, perMs: 60_000 } });
    await addAll(['a', 'a']);
    await take(2);
    await admin.obliterate();
    await raw.waitUntilReady();
    const left = await Promise.all(
      ['limits', 'running:a', 'starts:a', 'parked', 'parked:a'].map((name) => redis.exists(key(`sluice:${name}`))),
    );
    expect(left).toEqual([0, 0, 0, 0, 0]);
  });

  test.for([
    [{}],
    [{ running: 0 }],
    [{ running: '5' }],
    [{ job: 'a b', running: 1 }],
    [{ rate: { jobs: 1 } }],
    [{ rate: { jobs: 1, perMs: 0 } }],
    [{ runing: 1 }],
  ])('refuse %j', async ([options], { opened }) => {
    await expect(opened.admin.limits.set(options as never)).rejects.toThrow(OptionError);
  });
});

type Step =
  | { do: 'add'; name: 'a' | 'b' | 'c'; priority: number }
  | { do: 'take'; count: number }
  | { do: 'end'; how: 'complete' | 'retry' | 'release' | 'dead' | 'later' | 'crash'; at: number; take: number }
  | { do: 'limit'; name: 'a' | 'b'; running: number | null }
  | { do: 'pause'; name: 'a' | 'b'; paused: boolean };

const name = fc.constantFrom('a' as const, 'b' as const);
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        name: fc.constantFrom('a' as const, 'b' as const, 'c' as const),
        priority: fc.constantFrom(0, 0, 1, 2),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 6 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        how: fc.constantFrom('complete', 'retry', 'release', 'dead', 'later', 'crash'),
        at: fc.nat(9),
        take: fc.nat(3),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('limit' as const),
        name,
        running: fc.option(fc.integer({ min: 1, max: 3 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), name, paused: fc.boolean() }) },
  ),
  { minLength: 5, maxLength: 40 },
) as fc.Arbitrary<Step[]>;

describe('any sequence of steps under limits', () => {
  test('runs no more than may run at any time, loses nothing, and holds nothing back that may run', async ({
    opened,
  }) => {
    const { admin, store, take, addAll, complete, redis, key, raw } = opened;
    const check = async (sequence: readonly Step[]): Promise<void> => {
      await raw.obliterate({ force: true });
      await Promise.all(['a', 'b'].map((job) => admin.resume({ job })));
      await admin.limits.clear({ job: 'a' });
      await admin.limits.clear({ job: 'b' });
      const may = new Map<string, number>();
      const paused = new Set<string>();
      const held = new Map<string, Delivery>();
      const running = (of: string): number => [...held.values()].filter(({ name }) => name === of).length;
      let open = 0;
      const note = (taken: Taken | null): void => {
        for (const delivery of taken?.deliveries ?? []) {
          expect(paused.has(delivery.name)).toBe(false);
          expect(running(delivery.name)).toBeLessThan(may.get(delivery.name) ?? Infinity);
          held.set(delivery.id, delivery);
        }
      };
      for (const step of sequence) {
        if (step.do === 'add') {
          await addAll([step.name], step.priority);
          open += 1;
        } else if (step.do === 'take') note(await take(step.count));
        else if (step.do === 'limit') {
          await admin.limits.set({ job: step.name, running: step.running });
          may.set(step.name, step.running ?? Infinity);
        } else if (step.do === 'pause') {
          await (step.paused ? admin.pause({ job: step.name }) : admin.resume({ job: step.name }));
          paused[step.paused ? 'add' : 'delete'](step.name);
        } else if (held.size > 0) {
          const delivery = [...held.values()][step.at % held.size] as Delivery;
          held.delete(delivery.id);
          if (step.how === 'complete') note(await complete([delivery], step.take));
          if (step.how === 'dead') await store.deadLetter(delivery, failure);
          if (step.how === 'complete' || step.how === 'dead') open -= 1;
          if (step.how === 'retry') await store.retry(delivery, failure, 0);
          if (step.how === 'later') await store.retry(delivery, failure, 1);
          if (step.how === 'release') await store.release(delivery, 0);
          if (step.how === 'crash') {
            await redis.del(key(`${delivery.id}:lock`));
            await redis.lrem(key('active'), 1, delivery.id);
            await redis.rpush(key('wait'), delivery.id);
          }
        }
        expect((await admin.stats()).depth).toBe(open);
      }
      // All that may run is found, whatever was held back.
      for (let taken = await take(100); taken.deliveries.length > 0 || taken.more; taken = await take(100)) note(taken);
      for (const job of await raw.getJobs(['waiting', 'prioritized', 'delayed'])) {
        const isLater = job.failedReason !== undefined && Date.now() - (job.processedOn ?? 0) < 50;
        const isFull = running(job.name) >= (may.get(job.name) ?? Infinity);
        expect(paused.has(job.name) || isFull || isLater).toBe(true);
      }
    };
    await checkAtRandom(steps, check, { numRuns: 30, withinMs: 2_000 });
  });
});
