import { Queue, QueueKeys, Worker } from 'bullmq';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../../admin/connect-admin.ts';
import type { Admin } from '../../admin/admin.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import type { PoolHarness } from '../../pool/testing/pool-harness.ts';
import { poolTest } from '../../pool/testing/pool-test.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { checkAtRandom } from '../../testing/check-at-random.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import type { BullmqLeaseStore } from '../lease-store/bullmq-lease-store.ts';
import type { TakeContext } from '../lease-store/lease-store.ts';
import { cancelJob, type CancelOutcome } from './cancel-job.ts';
import { openLeaseStore } from '../lease-store/testing/open-lease-store.ts';

const CAPACITY = 12;
const job = defineJob({ name: 'step', payload: z.string(), result: z.json() });

interface Opened extends PoolHarness {
  readonly admin: Admin;
  readonly store: BullmqLeaseStore;
  put(id: string, whenFull?: 'reject' | 'drop-oldest'): Promise<string>;
  /** As admin.cancel does, but looks no further than at one job from each end of the list. */
  cancel(id: string): Promise<CancelOutcome>;
  /** Completes these, and takes others. */
  take(count: number, completed?: readonly Delivery[], which?: TakeContext['which']): Promise<Taken>;
}

const test = poolTest.extend('opened', async ({ open, redis, prefix, queueName }, { onCleanup }) => {
  const harness = open();
  const queue = defineQueue({ name: queueName, prefix, jobs: [job], capacity: CAPACITY });
  const [store, producer, admin] = await Promise.all([
    openLeaseStore(queue, redis.url),
    connectProducer(queue, { redis: redis.url }),
    connectAdmin(queue, { redis: redis.url }),
  ]);
  onCleanup(async () => void (await Promise.all([store.close(), admin.close(), producer.close()])));
  const administered = { keys: new QueueKeys(prefix).getKeys(`{${queueName}}`), capacity: CAPACITY };
  const opened: Opened = {
    ...harness,
    admin,
    store,
    put: async (id, whenFull = 'reject') =>
      (await producer.put(job, id, { id, whenFull }).catch(() => ({ status: 'refused' }))).status,
    cancel: async (id) =>
      cancelJob(async (operation) => operation(harness.redis), administered, `k.${id}`, {
        waitMs: 0,
        reason: '',
        lookMax: 1,
      }),
    take: async (count, completed = [], which = 'any') => {
      const completions = completed.map((delivery) => ({ delivery, result: '1' }));
      const context: TakeContext = { which, hasOthers: true, alone: null };
      const reply = await store.settleAndTake({ completions, take: count, offered: false, takeMost: 100, context });
      return (reply.taken ?? { deliveries: [] }) as Taken;
    },
  };
  return opened;
});

const idsOf = ({ deliveries }: Taken): string[] => deliveries.map(({ id }) => id.slice('k.'.length));
const named = (count: number): string[] => Array.from({ length: count }, (_, n) => `j${n + 1}`);

async function putAll(put: Opened['put'], ids: readonly string[]): Promise<void> {
  for (const id of ids) expect(await put(id)).toBe('created');
}

describe('a job that is cancelled deep inside the list', () => {
  test('gives its capacity back at once, is nowhere to be found, and never runs', async ({ opened }) => {
    const { admin, put, cancel, take, redis, key } = opened;
    await putAll(put, named(CAPACITY));
    expect(await put('late')).toBe('refused');
    expect(await cancel('j5')).toBe('removed');
    expect(await redis.llen(key('wait'))).toBe(CAPACITY); // its id stays, until a take comes to it
    expect(await cancel('j5')).toBe('unknown');
    expect(await admin.find('j5')).toBeNull();
    expect(await admin.stats()).toMatchObject({ depth: CAPACITY - 1, waiting: CAPACITY - 1 });
    const listed = await admin.jobs({ state: 'waiting' });
    expect(listed).toMatchObject({ total: CAPACITY - 1 });
    expect(listed.jobs.map(({ id }) => id)).not.toContain('j5');
    expect(await put('late')).toBe('created');
    expect(await put('later')).toBe('refused');
    expect(idsOf(await take(5))).toEqual(['j1', 'j2', 'j3', 'j4', 'j6']);
    expect(await redis.exists(key('sluice:tombstones'), key('k.j5'))).toBe(0);
    expect(await redis.hexists(key('meta'), 'sluice.tombstones')).toBe(0);
  });

  test('is put again under its id as a new job, the last of all', async ({ opened }) => {
    const { put, cancel, take } = opened;
    await putAll(put, named(5));
    await cancel('j3');
    expect(await put('j3')).toBe('created');
    expect(idsOf(await take(10))).toEqual(['j1', 'j2', 'j4', 'j5', 'j3']);
  });

  test('is passed over by a drop policy', async ({ opened }) => {
    const { admin, put, cancel } = opened;
    await putAll(put, named(CAPACITY));
    for (const id of ['j2', 'j3', 'j4']) await cancel(id);
    await putAll(put, ['n1', 'n2', 'n3']);
    await admin.cancel('j1');
    await putAll(put, ['n4']);
    expect(await put('n5', 'drop-oldest')).toBe('created');
    expect(await admin.find('j5')).toMatchObject({ state: 'dead' });
  });

  test('never stands in the way of the others, whichever way they are taken', async ({ opened }) => {
    const { admin, put, cancel, take, store, redis, key } = opened;
    await putAll(put, named(CAPACITY));
    for (const id of ['j3', 'j5', 'j7', 'j8']) expect(await cancel(id)).toBe('removed');
    expect(await redis.scard(key('sluice:tombstones'))).toBe(4);
    expect(idsOf(await take(2))).toEqual(['j1', 'j2']);
    expect(idsOf(await store.takeWithBullmq(1))).toEqual(['j4']);
    await redis.zadd(key('sluice:crash-suspects'), 1, 'k.j6');
    await redis.hset(key('meta'), 'sluice.crashSuspects', 0);
    expect(idsOf(await take(1, [], 'others'))).toEqual(['j9']); // behind a suspect and the two places of j7 and j8
    expect(idsOf(await take(2, [], 'suspects'))).toEqual(['j6']);
    await admin.limits.set({ job: job.name, running: 6 });
    expect(idsOf(await take(9))).toEqual(['j10']);
    expect(await redis.exists(key('sluice:tombstones'), key('wait'))).toBe(0);
    expect(await admin.stats()).toMatchObject({ depth: 8, active: 6 });
  });

  test('takes no child, as if it had never been', async ({ opened, redis, prefix, queueName }) => {
    const { put, cancel, key } = opened;
    await putAll(put, named(5));
    await cancel('j3');
    const backend = createBoundedBackend({ capacity: CAPACITY });
    const bounded = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url), prefix }, backend);
    const child = bounded.add('step', 'child', { parent: { id: 'k.j3', queue: key('').slice(0, -1) } });
    await expect(child).rejects.toThrow('Missing key for parent job');
    await bounded.close();
  });

  test('is failed unrun by a plain Worker of BullMQ, and the next put sees the count right', async ({
    opened,
    redis,
    prefix,
    queueName,
  }) => {
    const { admin, put, cancel, key } = opened;
    await putAll(put, named(CAPACITY));
    for (const id of ['j5', 'j6']) expect(await cancel(id)).toBe('removed');
    const ran: (string | undefined)[] = [];
    const worker = new Worker(`{${queueName}}`, async ({ id }) => ran.push(id), {
      connection: connectionOf(redis.url),
      prefix,
    });
    await expect.poll(() => opened.redis.zcard(key('completed'))).toBe(CAPACITY - 2);
    await expect.poll(() => opened.redis.zcard(key('failed'))).toBe(2);
    await worker.close();
    expect(ran).toEqual(named(CAPACITY).flatMap((id) => (['j5', 'j6'].includes(id) ? [] : [`k.${id}`])));
    await putAll(put, ['n1']);
    await putAll(
      put,
      named(CAPACITY - 1).map((id) => `again-${id}`),
    );
    expect(await put('one-too-many')).toBe('refused');
    expect(await admin.stats()).toMatchObject({ depth: CAPACITY });
  });

  test('counts no more when a client of BullMQ has emptied the list', async ({ opened }) => {
    const { admin, raw, put, cancel } = opened;
    await putAll(put, named(5));
    await cancel('j3');
    await raw.drain();
    await putAll(
      put,
      named(CAPACITY).map((id) => `again-${id}`),
    );
    expect(await put('one-too-many')).toBe('refused');
    expect(await admin.stats()).toMatchObject({ depth: CAPACITY });
  });
});

const ids = fc.constantFrom(...named(20));
type Step =
  | { do: 'put'; ids: string[]; whenFull: 'reject' | 'drop-oldest' }
  | { do: 'cancel'; id: string; again: boolean }
  | { do: 'take'; count: number; completed: number }
  | { do: 'pause'; paused: boolean };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('put' as const),
      ids: fc.array(ids, { minLength: 1, maxLength: 8 }),
      whenFull: fc.constantFrom('reject' as const, 'drop-oldest' as const),
    }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), id: ids, again: fc.boolean() }) },
    fc.record({ do: fc.constant('take' as const), count: fc.nat(3), completed: fc.nat(2) }),
    fc.record({ do: fc.constant('pause' as const), paused: fc.boolean() }),
  ),
  { minLength: 5, maxLength: 25, size: 'max' },
);

/** What an array says of the same steps. */
class Model {
  waiting: string[] = [];
  readonly active = new Map<string, Delivery>();
  readonly ended = new Set<string>();
  paused = false;

  put(id: string, whenFull: 'reject' | 'drop-oldest'): string {
    if (this.waiting.includes(id) || this.active.has(id) || this.ended.has(id)) return 'duplicate';
    if (this.waiting.length + this.active.size >= CAPACITY) {
      const dropped = whenFull === 'drop-oldest' ? this.waiting.shift() : undefined;
      if (dropped === undefined) return 'refused';
      this.ended.add(dropped);
    }
    this.waiting.push(id);
    return 'created';
  }

  cancel(id: string): CancelOutcome {
    if (this.active.has(id)) return 'unconfirmed';
    if (this.ended.has(id)) return 'ended';
    if (!this.waiting.includes(id)) return 'unknown';
    this.waiting = this.waiting.filter((other) => other !== id);
    return 'removed';
  }

  take(count: number, completed: readonly Delivery[]): string[] {
    for (const { id } of completed) {
      this.active.delete(id.slice('k.'.length));
      this.ended.add(id.slice('k.'.length));
    }
    return this.paused ? [] : this.waiting.splice(0, count);
  }
}

describe('any sequence of puts, cancels and takes', () => {
  test('counts, orders and runs the jobs as a plain array does', async ({ opened }) => {
    const { admin, put, cancel, take, raw, redis, key } = opened;
    let deep = 0;
    const check = async (sequence: readonly Step[]): Promise<void> => {
      await raw.resume();
      await raw.obliterate({ force: true });
      const ours = await redis.keys(key('sluice:ids:*'));
      if (ours.length > 0) await redis.del(...ours);
      const model = new Model();
      for (const id of named(8)) expect(await put(id)).toBe(model.put(id, 'reject'));
      const takeBoth = async (count: number, completed: readonly Delivery[]): Promise<void> => {
        const taken = await take(count, completed);
        expect(idsOf(taken)).toEqual(model.take(count, completed));
        for (const delivery of taken.deliveries) model.active.set(delivery.id.slice('k.'.length), delivery);
      };
      for (const step of sequence) {
        if (step.do === 'put') {
          const statuses = await Promise.all(step.ids.map((id) => put(id, step.whenFull)));
          expect(statuses).toEqual(step.ids.map((id) => model.put(id, step.whenFull)));
        } else if (step.do === 'cancel') {
          expect(await cancel(step.id)).toBe(model.cancel(step.id));
          deep += await redis.exists(key('sluice:tombstones'));
          if (step.again) expect(await put(step.id)).toBe(model.put(step.id, 'reject'));
        } else if (step.do === 'take') {
          await takeBoth(step.count, [...model.active.values()].slice(0, step.completed));
        } else {
          model.paused = step.paused;
          await (step.paused ? admin.pause() : admin.resume());
        }
        const { waiting, active } = model;
        expect(await admin.stats()).toMatchObject({
          depth: waiting.length + active.size,
          waiting: waiting.length,
          active: active.size,
        });
        const { jobs, total } = await admin.jobs({ state: 'waiting' });
        expect([jobs.map(({ id }) => id), total]).toEqual([waiting, waiting.length]);
      }
      await admin.resume();
      model.paused = false;
      await takeBoth(100, [...model.active.values()]);
      expect(await redis.exists(key('wait'), key('sluice:tombstones'))).toBe(0);
      expect(await redis.hexists(key('meta'), 'sluice.tombstones')).toBe(0);
    };
    await checkAtRandom(steps, check, { numRuns: 20, withinMs: 1_200 });
    expect(deep).toBeGreaterThan(0);
  });
});
