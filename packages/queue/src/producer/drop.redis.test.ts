import { defineJob, defineQueue, JobFailedError, type WhenFull } from '@sluice/shared';
import { flakyProxy, isolatedRedisTest, redisTest } from '@sluice/testing';
import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';
import type { PutOptions } from './put-options.ts';

const job = defineJob({ name: 'job', payload: z.int(), result: z.null() });

interface QueueSettings {
  capacity?: number;
  whenFull?: WhenFull;
  keepDead?: { count?: number; ageMs?: number };
}

function queueOf(name: string, { capacity = 3, whenFull = 'drop-oldest', keepDead = {} }: QueueSettings = {}) {
  return defineQueue({ name, jobs: [job], capacity, whenFull, keep: { dead: keepDead } });
}
type JobProducer = Producer<ReturnType<typeof queueOf>>;

const test = redisTest.extend<{ settings: QueueSettings; producer: JobProducer; client: Redis; plain: Queue }>({
  settings: {},
  producer: async ({ redis, queueName, settings }, use) => {
    await using producer = await connectProducer(queueOf(queueName, settings), { redis: redis.url });
    await use(producer);
  },
  client: async ({ redis }, use) => use(await redis.client()),
  plain: async ({ redis, queueName }, use) => {
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await use(queue);
    await queue.close();
  },
});

/** Puts one job after the other, each under the id that it is given. */
async function putAll(producer: JobProducer, ids: string[], options: PutOptions = {}): Promise<void> {
  for (const id of ids) await producer.put(job, 0, { ...options, id });
}

const refused = { code: 'SLUICE_QUEUE_FULL', reason: 'nothing-to-drop' };

describe('drop-oldest', () => {
  test('adds as always while there is room', async ({ producer }) => {
    expect(await producer.put(job, 0, { id: 'a' })).toMatchObject({ status: 'created', depth: 1 });
    expect(await producer.put(job, 0, { id: 'b' })).not.toHaveProperty('dropped');
  });

  test('takes the place of the job that would be taken next, and says whose', async ({ producer, plain }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const receipt = await producer.put(job, 0, { id: 'd' });
    expect(receipt).toMatchObject({ id: 'd', status: 'created', depth: 3, capacity: 3, waitedMs: 0, dropped: 'a' });
    expect(await producer.stats()).toMatchObject({ depth: 3, waiting: 3, dead: 1, dropped: 1 });
    expect((await plain.getWaiting()).map(({ id }) => id)).toEqual(['k.b', 'k.c', 'k.d']);
  });

  test('turns to prioritized jobs, the most urgent first, when no other waits', async ({ producer }) => {
    await producer.put(job, 0, { id: 'later', priority: 9 });
    await producer.put(job, 0, { id: 'soon', priority: 2 });
    await producer.put(job, 0, { id: 'next' });
    expect(await producer.put(job, 0, { priority: 5 })).toMatchObject({ dropped: 'next' });
    expect(await producer.put(job, 0, { priority: 5 })).toMatchObject({ dropped: 'soon' });
  });

  test('never drops a job that runs or is delayed', async ({ producer, plain, redis, queueName }) => {
    await putAll(producer, ['delayed'], { delayMs: 60_000 });
    await putAll(producer, ['runs']);
    const running = Promise.withResolvers<null>();
    const worker = new Worker(`{${queueName}}`, () => running.promise, { connection: connectionOf(redis.url) });
    await expect.poll(() => producer.stats()).toMatchObject({ active: 1, delayed: 1 });
    await putAll(producer, ['waits']);
    expect(await producer.put(job, 0, { delayMs: 60_000 })).toMatchObject({ dropped: 'waits', depth: 3 });
    await expect(producer.put(job, 0)).rejects.toMatchObject({ ...refused, depth: 3, capacity: 3 });
    expect(await plain.getJobState('k.delayed')).toBe('delayed');
    running.resolve(null);
    await worker.close();
  });

  test('keeps the last jobs of a long putMany, however it is batched', async ({ producer, plain }) => {
    const ids = Array.from({ length: 250 }, (_, n) => `n${n}`);
    const dropped: (string | undefined)[] = [];
    for await (const receipt of producer.putMany(job, ids.keys(), { id: (n) => `n${n}` })) {
      expect(receipt.depth).toBeLessThanOrEqual(3);
      dropped.push(receipt.dropped);
    }
    expect(dropped).toEqual([undefined, undefined, undefined, ...ids.slice(0, -3)]);
    expect((await plain.getWaiting()).map(({ id }) => id)).toEqual(['k.n247', 'k.n248', 'k.n249']);
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 247 });
  });

  test('answers an id that is in, or was dropped, as a duplicate and drops nothing', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c', 'd']);
    expect(await producer.put(job, 0, { id: 'b' })).toMatchObject({ status: 'duplicate', depth: 3 });
    expect(await producer.put(job, 0, { id: 'a' })).toMatchObject({ status: 'duplicate', depth: 3 });
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 1 });
  });

  test('drops nothing in a sealed queue', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await producer.seal();
    await expect(producer.put(job, 0)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_CLOSED' });
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 0 });
  });

  test('changes one for one while the queue is over its capacity', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await producer.setCapacity(1);
    expect(await producer.put(job, 0)).toMatchObject({ depth: 3, dropped: 'a' });
    expect(await producer.stats()).toMatchObject({ depth: 3, over: 2 });
  });
});

describe('drop-lowest-priority', () => {
  test.override({ settings: { whenFull: 'drop-lowest-priority' } });

  test('drops the longest there of the least urgent', async ({ producer }) => {
    await putAll(producer, ['old', 'young'], { priority: 7 });
    await putAll(producer, ['urgent'], { priority: 2 });
    expect(await producer.put(job, 0, { priority: 3 })).toMatchObject({ dropped: 'old' });
    expect(await producer.put(job, 0)).toMatchObject({ dropped: 'young' });
  });

  test('refuses a job that is no more urgent than all that wait', async ({ producer }) => {
    await putAll(producer, ['plain']);
    await putAll(producer, ['a', 'b'], { priority: 4 });
    await expect(producer.put(job, 0, { priority: 4 })).rejects.toMatchObject(refused);
    await expect(producer.put(job, 0, { priority: 5 })).rejects.toMatchObject(refused);
    expect(await producer.put(job, 0, { priority: 3 })).toMatchObject({ dropped: 'a' });
  });

  test('never drops a job without a priority', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
    await expect(producer.put(job, 0, { priority: 1 })).rejects.toMatchObject(refused);
  });

  test('goes from one priority to the next when many of one are spared', async ({ producer, plain, client }) => {
    await producer.setCapacity(22);
    await plain.addBulk(
      Array.from({ length: 20 }, (_, n) => ({ name: 'job', data: 0, opts: { jobId: `s${n}`, priority: 2_000_000 } })),
    );
    for (let n = 0; n < 20; n += 1) await client.hset(plain.toKey(`s${n}`), 'ats', 1);
    await putAll(producer, ['a', 'b'], { priority: 50 });
    expect(await producer.put(job, 0, { priority: 49 })).toMatchObject({ dropped: 'a' });
  });
});

describe('a put may bring a policy of its own', () => {
  test.override({ settings: { whenFull: 'wait' } });

  test('beside those that the queue has for others', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await expect(producer.put(job, 0, { whenFull: 'reject' })).rejects.toMatchObject({ reason: 'capacity' });
    expect(await producer.put(job, 0, { whenFull: 'drop-oldest' })).toMatchObject({ dropped: 'a' });
    await expect(producer.tryPut(job, 0)).rejects.toMatchObject({ reason: 'capacity' });
  });

  test('one that is none is refused before anything is sent', async ({ producer }) => {
    const whenFull = 'drop-newest' as WhenFull;
    await expect(producer.put(job, 0, { whenFull })).rejects.toMatchObject({ code: 'SLUICE_PUT_OPTION' });
  });

  test('through gather and map, too', async ({ producer, redis, queueName }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const both = producer.gather([[job, 1]], { whenFull: 'drop-oldest' });
    const mapped = producer.map(job, [2], { whenFull: 'drop-oldest' }).next();
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 3, dead: 2 });
    const worker = new Worker(`{${queueName}}`, async () => null, { connection: connectionOf(redis.url) });
    expect(await both).toEqual([null]);
    expect(await mapped).toMatchObject({ value: { outcome: 'completed' } });
    await worker.close();
  });

  test('takes no room for which others wait, and keeps them no longer', async ({
    producer,
    redis,
    queueName,
    plain,
  }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const waiting = producer.put(job, 0, { id: 'patient' });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    await using other = await connectProducer(queueOf(queueName, { whenFull: 'drop-oldest' }), { redis: redis.url });
    expect(await other.put(job, 0, { id: 'pushy' })).toMatchObject({ dropped: 'a', depth: 3 });
    expect(await producer.put(job, 0, { whenFull: 'drop-oldest' })).toMatchObject({ dropped: 'b', waitedMs: 0 });
    await expect(producer.find('patient')).resolves.toBeNull();
    await plain.remove('k.c');
    expect(await waiting).toMatchObject({ status: 'created', depth: 3 });
  });

  test('drops even when there is room, while others wait for room', async ({ producer, redis, queueName, client }) => {
    await putAll(producer, ['a', 'b']);
    await producer.setCapacity(4);
    const base = `bull:{${queueName}}:sluice:`;
    await client.zadd(`${base}line`, 1, 'somebody:1'); // who will come for it within ten seconds
    await client.hset(`${base}tickets`, 'somebody:1', `1 ${Date.now() + 10_000}`);
    await using other = await connectProducer(queueOf(queueName), { redis: redis.url });
    expect(await other.put(job, 0)).toMatchObject({ dropped: 'a', depth: 2 });
    expect(await client.zcard(`${base}line`)).toBe(1);
  });
});

describe('what is never dropped (B18)', () => {
  test.override({ settings: { capacity: 2 } });

  type Spared = [string, (plain: Queue, redis: { url: string; client: Redis }) => Promise<unknown>];
  const spared: Spared[] = [
    [
      'a child',
      async (plain, { url }) => {
        await using flows = new DisposableFlows(url);
        const children = [{ name: 'job', queueName: plain.name, data: 0, opts: { jobId: 'spared' } }];
        await flows.add({ name: 'job', queueName: `${plain.name}-parents`, children });
      },
    ],
    ...(['dependencies', 'processed', 'failed', 'unsuccessful'] as const).map((part): Spared => [
      `a parent, as its ${part} say`,
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        const key = `${plain.toKey('spared')}:${part}`;
        if (part === 'dependencies') await client.sadd(key, 'child');
        else if (part === 'unsuccessful') await client.zadd(key, 1, 'child');
        else await client.hset(key, 'child', 'null');
      },
    ]),
    [
      'a parent that a child has failed',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        await client.hset(plain.toKey('spared'), 'defa', 'child x failed');
      },
    ],
    [
      'the iteration of a job scheduler',
      (plain) => plain.upsertJobScheduler('every', { every: 60_000, startDate: 0 }, { name: 'job', data: 0 }),
    ],
    ['the owner of a deduplication key', (plain) => plain.add('job', 0, { deduplication: { id: 'one' } })],
    [
      'a job that has been tried',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        await client.hset(plain.toKey('spared'), 'atm', 1);
      },
    ],
    [
      'a job that has been started',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        await client.hset(plain.toKey('spared'), 'ats', 1);
      },
    ],
    [
      'a job that was recovered',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        await client.hset(plain.toKey('spared'), 'stc', 1);
      },
    ],
    [
      'a job that is held',
      async (plain, { client }) => {
        await plain.add('job', 0, { jobId: 'spared' });
        await client.set(`${plain.toKey('spared')}:lock`, 'token');
      },
    ],
  ];

  test.for(spared)('%s', async ([, arrange], { producer, plain, redis, client }) => {
    await arrange(plain, { url: redis.url, client });
    expect(await producer.stats()).toMatchObject({ depth: 1, delayed: 0 });
    await putAll(producer, ['other']);
    expect(await producer.put(job, 0, { id: 'new' })).toMatchObject({ dropped: 'other' });
    await client.hset(plain.toKey('k.new'), 'ats', 1);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
    expect(await producer.stats()).toMatchObject({ depth: 2, dead: 1 });
  });

  test('a job that once owned a deduplication key is', async ({ producer, plain, client }) => {
    await plain.add('job', 0, { jobId: 'owner', deduplication: { id: 'one' } });
    await client.del(plain.toKey('de:one'));
    await putAll(producer, ['other']);
    expect(await producer.put(job, 0)).toMatchObject({ dropped: 'owner' });
  });

  test('what stands behind 32 of these, so that a put stays cheap', async ({ producer, plain, client }) => {
    await producer.setCapacity(32);
    await plain.addBulk(Array.from({ length: 31 }, (_, n) => ({ name: 'job', data: 0, opts: { jobId: `s${n}` } })));
    for (let n = 0; n < 31; n += 1) await client.hset(plain.toKey(`s${n}`), 'ats', 1);
    await putAll(producer, ['a']);
    expect(await producer.put(job, 0, { id: 'b' })).toMatchObject({ dropped: 'a' });
    await client.hset(plain.toKey('k.b'), 'ats', 1);
    await producer.setCapacity(33);
    await putAll(producer, ['c']);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
  });
});

describe('a dropped job', () => {
  test('is dead for all who ask, with its reason', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c', 'd']);
    const error = { code: 'SLUICE_JOB_DROPPED', message: expect.stringContaining('drop-oldest') };
    expect(await producer.settled('a')).toEqual({ outcome: 'dead', error, attempts: 0 });
    await expect(producer.result('a')).rejects.toThrow(JobFailedError);
    expect(await producer.find('a')).toMatchObject({ state: 'dead', failure: error, startedAt: null });
  });

  test('wakes those who wait for its result', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const settled = producer.settled('a', { waitMs: 20_000 });
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 3 });
    await putAll(producer, ['d']);
    expect(await settled).toMatchObject({ outcome: 'dead' });
  });

  test('is a failed job to BullMQ, which can retry it', async ({ producer, plain, redis }) => {
    const events = new QueueEvents(plain.name, { connection: connectionOf(redis.url) });
    await events.waitUntilReady();
    const seen: unknown[] = [];
    events.on('failed', (event) => seen.push(event));
    await putAll(producer, ['a', 'b', 'c', 'd']);
    const [dead] = await plain.getFailed();
    const failedReason = expect.stringContaining('dropped');
    expect(dead).toMatchObject({ id: 'k.a', failedReason, stacktrace: [], attemptsMade: 0 });
    expect(dead?.finishedOn).toBeGreaterThan(Date.now() - 60_000);
    await expect.poll(() => seen).toEqual([{ jobId: 'k.a', failedReason, prev: 'waiting' }]);
    await dead?.retry('failed');
    expect(await dead?.getState()).toBe('waiting');
    await events.close();
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { count: 2 } } });

    test('by number', async ({ producer, plain }) => {
      await putAll(producer, ['a', 'b', 'c', 'd', 'e', 'f']);
      expect((await plain.getFailed()).map(({ id }) => id).toSorted()).toEqual(['k.b', 'k.c']);
      expect(await producer.find('a')).toBeNull();
    });

    test('and no longer than it is dead', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c']);
      await client.zadd(plain.toKey('failed'), 1, 'k.c', 1, 'k.b'); // left over from jobs of these ids before
      await putAll(producer, ['d']);
      expect(await plain.getFailed()).toMatchObject([{ id: 'k.a' }]);
      expect(await producer.find('b')).toMatchObject({ state: 'waiting' });
    });

    test('but children are left to BullMQ, which tells their parents', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      await client.hset(plain.toKey('k.a'), 'parentKey', 'bull:parents:p');
      await putAll(producer, ['e', 'f', 'g', 'h']);
      expect((await plain.getFailed()).map(({ id }) => id).toSorted()).toEqual(['k.a', 'k.d', 'k.e']);
    });
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { ageMs: 60_000 } } });

    test('by age', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      await client.zadd(plain.toKey('failed'), Date.now() - 61_000, 'k.a');
      await putAll(producer, ['e']);
      expect((await plain.getFailed()).map(({ id }) => id)).toEqual(['k.b']);
      expect(await producer.find('a')).toBeNull();
    });
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { count: 0 } } });

    test('which may be not at all', async ({ producer, plain }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      expect(await producer.find('a')).toBeNull();
      expect(await producer.stats()).toMatchObject({ depth: 3, dead: 0, dropped: 1 });
      expect(await plain.getFailed()).toEqual([]);
    });
  });
});

isolatedRedisTest('a put whose answer is lost drops one job (I6)', async ({ redis, queueName }) => {
  await using proxy = await flakyProxy(redis.url);
  await using producer = await connectProducer(queueOf(queueName), { redis: proxy.url });
  await putAll(producer, ['a', 'b', 'c']);
  const lost = proxy.dropNextReply('evalsha');
  expect(await producer.put(job, 0, { id: 'd' })).toMatchObject({ status: 'created', depth: 3, dropped: 'a' });
  await lost;
  expect(await producer.stats()).toMatchObject({ depth: 3, dead: 1 });
  expect(await producer.find('b')).toMatchObject({ state: 'waiting' });
});

class DisposableFlows extends FlowProducer implements AsyncDisposable {
  constructor(url: string) {
    super({ connection: connectionOf(url) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
