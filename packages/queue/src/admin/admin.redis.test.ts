import { Queue } from 'bullmq';
import { redisTest, type TestRedis } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { OptionError, PermanentJobError, QueueClosedError } from '../job/errors/index.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import type { WorkerPool } from '../pool/worker-pool.ts';
import { connectProducer } from '../put/connect-producer.ts';
import type { Producer } from '../put/producer.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import type { Admin } from './admin.ts';
import { connectAdmin, connectAllQueues } from './connect-admin.ts';

const greet = defineJob({ name: 'greet', payload: z.int(), result: z.int(), retry: { attempts: 1 } });
const part = defineJob({ name: 'part', payload: z.int(), result: z.int(), retry: { attempts: 1 } });
const queueOf = (name: string) => defineQueue({ name, jobs: [greet, part], capacity: 50 });
type TestQueue = ReturnType<typeof queueOf>;

const test = redisTest.extend<{ producer: Producer<TestQueue>; admin: Admin; work: () => Promise<void> }>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await use(producer);
  },
  /** Knows the queue's name alone. */
  admin: async ({ redis, queueName }, use) => {
    await using admin = await connectAdmin({ name: queueName }, { redis: redis.url });
    await use(admin);
  },
  /** Runs all that is there; odd payloads die. */
  work: async ({ redis, queueName, producer }, use) => {
    await use(async () => {
      await using pool = poolOf(redis, queueName);
      await pool.start();
      await producer.join();
    });
  },
});

/** Odd payloads die. */
function poolOf(redis: TestRedis, queueName: string): WorkerPool {
  const run = async ({ payload }: { payload: number }): Promise<number> => {
    if (payload % 2 === 1) throw new PermanentJobError(`${payload} is odd`);
    return payload;
  };
  const handlers = { greet: defineHandler(greet, run), part: defineHandler(part, run) };
  return createWorkerPool(queueOf(queueName), handlers, { redis: redis.url, concurrency: 5, name: 'worker-of-greet' });
}

async function keysOf(redis: TestRedis, queueName: string): Promise<number> {
  return (await redis.client()).exists(`bull:{${queueName}}:meta`);
}

describe('an admin that knows a name alone', () => {
  test('sees the capacity of the definition in use, and changes it for all', async ({ producer, admin }) => {
    expect(await admin.stats()).toMatchObject({ capacity: 50, capacityFrom: { source: 'definition' }, depth: 0 });
    await admin.setCapacity(3);
    expect(await producer.stats()).toMatchObject({ capacity: 3, capacityFrom: { source: 'set' } });
    await admin.setCapacity(null);
    expect(await producer.stats()).toMatchObject({ capacity: 50, capacityFrom: { source: 'definition' } });
  });

  test('leaves no trace of a queue that is not there', async ({ admin, redis, queueName }) => {
    expect(await admin.exists()).toBe(false);
    expect(await admin.stats()).toMatchObject({ depth: 0, over: 0, capacity: null, capacityFrom: null, pools: 0 });
    expect(await admin.jobs()).toEqual({ jobs: [], next: null, looked: 0, total: 0 });
    expect(await admin.find('x')).toBeNull();
    await admin.close();
    expect(await keysOf(redis, queueName)).toBe(0);
  });

  test('seals and opens the queue for every producer', async ({ producer, admin }) => {
    await admin.seal();
    await expect(producer.tryPut(greet, 2)).rejects.toThrow(QueueClosedError);
    await admin.unseal();
    expect(await producer.tryPut(greet, 2)).toMatchObject({ status: 'created' });
  });

  test('joins, cancels and obliterates as a producer does', async ({ producer, admin, redis, queueName }) => {
    await producer.put(greet, 2, { id: 'a' });
    expect(await admin.cancel('a')).toBe('removed');
    await admin.join({ waitMs: 10_000 });
    await producer.put(greet, 2);
    await admin.obliterate();
    expect(await admin.stats()).toMatchObject({ depth: 0 });
    expect(await keysOf(redis, queueName)).toBe(0);
  });

  test('refuses every call once it is closed', async ({ admin }) => {
    await admin.close();
    await admin.close();
    await expect(admin.stats()).rejects.toThrow(QueueClosedError);
    await expect(admin.jobs()).rejects.toThrow(QueueClosedError);
  });
});

describe('pause', () => {
  test('holds all jobs until resume, while puts go on', async ({ producer, admin, redis, queueName }) => {
    await admin.pause();
    await admin.pause();
    await producer.put(greet, 2, { id: 'held' });
    await using pool = poolOf(redis, queueName);
    await pool.start();
    await expect.poll(() => admin.stats()).toMatchObject({ paused: true, pools: 1, waiting: 1, active: 0 });
    await admin.resume();
    expect(await producer.result('held')).toBe(2);
    expect(await admin.stats()).toMatchObject({ paused: false });
  });
});

describe('stats', () => {
  test('count the producers that wait in all processes, and their puts', async ({
    producer,
    admin,
    redis,
    queueName,
  }) => {
    await admin.setCapacity(1);
    await using other = await connectProducer(queueOf(queueName), { redis: redis.url });
    const over = new AbortController();
    const options = { waitMs: Infinity, signal: over.signal };
    await producer.put(greet, 2);
    const puts = [producer, other].map((each) => each.put(greet, 2, options).catch(() => undefined));
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { producers: 2, puts: 2 }, depth: 1 });
    over.abort();
    await Promise.all(puts);
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { producers: 0, puts: 0 } });
  });

  test('and waiters say who waits, where, since when and for how many jobs', async ({
    producer,
    admin,
    redis,
    queueName,
  }) => {
    expect(await admin.waiters()).toEqual({ waiters: [], total: 0 });
    await admin.setCapacity(1);
    await using other = await connectProducer(queueOf(queueName), { redis: redis.url });
    const over = new AbortController();
    const options = { waitMs: Infinity, signal: over.signal };
    await producer.put(greet, 2);
    const put = (by: typeof producer): Promise<unknown> => by.put(greet, 2, options).catch(() => undefined);
    const puts = [put(producer), put(producer), put(producer)];
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { producers: 1, puts: 3 } });
    puts.push(put(other));
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { producers: 2, puts: 4 } });
    const { waiters, total } = await admin.waiters();
    const here = { host: expect.stringMatching(/^[A-Za-z0-9-]+$/), pid: process.pid };
    expect(waiters.at(-1)).toMatchObject({ ...here, jobs: 1 });
    expect(waiters.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(4);
    expect(new Set(waiters.map((waiter) => waiter.producer)).size).toBe(2);
    expect(total).toBe(waiters.length);
    for (const { since, waitedMs } of waiters) expect(Math.abs(Date.now() - since - waitedMs)).toBeLessThan(60_000);
    expect((await admin.waiters({ limit: 1 })).waiters).toMatchObject([{ producer: waiters[0]?.producer }]);
    await expect(admin.waiters({ limit: 0 })).rejects.toMatchObject({ code: 'SLUICE_OPTION' });
    over.abort();
    await Promise.all(puts);
    await expect.poll(() => admin.waiters()).toEqual({ waiters: [], total: 0 });
  });

  test('count a pool from its start to its stop', async ({ admin, producer, redis, queueName }) => {
    expect(await producer.stats()).toMatchObject({ pools: 0 });
    const pools = [1, 2].map(() => poolOf(redis, queueName));
    for (const pool of pools) await pool.start();
    await expect.poll(() => admin.stats()).toMatchObject({ pools: 2 });
    for (const pool of pools) await pool.stop();
    expect(await admin.stats()).toMatchObject({ pools: 0 });
  });
});

describe('jobs', () => {
  test('lists those of one state, in the order in which they are taken', async ({ producer, admin }) => {
    for (const n of [1, 2, 3]) await producer.put(greet, n, { id: `w${n}` });
    await producer.put(part, 4, { id: 'late', delayMs: 60_000 });
    await producer.put(part, 5, { id: 'urgent', priority: 1 });
    const { jobs } = await admin.jobs({ state: 'waiting' });
    expect(jobs.map(({ id }) => id)).toEqual(['w1', 'w2', 'w3', 'urgent']);
    expect(jobs[0]).toEqual({
      id: 'w1',
      job: 'greet',
      state: 'waiting',
      attempts: 0,
      createdAt: expect.any(Number),
      startedAt: null,
      endedAt: null,
      worker: null,
      replays: 0,
    });
    expect((await admin.jobs({ state: 'delayed' })).jobs).toMatchObject([{ id: 'late', state: 'delayed' }]);
  });

  test('finds by job, by error and by time', async ({ producer, admin, work }) => {
    for (const n of [1, 2, 3]) await producer.put(greet, n, { id: `g${n}` });
    await producer.put(part, 5, { id: 'p5' });
    await work();
    const ids = async (options: Parameters<Admin['jobs']>[0]): Promise<string[]> =>
      (await admin.jobs(options)).jobs.map(({ id }) => id).toSorted();
    expect(await ids({ state: 'dead' })).toEqual(['g1', 'g3', 'p5']);
    expect(await ids({ state: ['dead', 'completed'], job: 'greet' })).toEqual(['g1', 'g2', 'g3']);
    expect(await ids({ error: '3 is odd' })).toEqual(['g3']);
    expect(await ids({ error: 'SLUICE_PERMANENT' })).toEqual(['g1', 'g3', 'p5']);
    expect(await ids({ error: 'SLUICE_OTHER' })).toEqual([]);
    expect(await ids({ since: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await ids({ since: Date.now() - 3_600_000 })).toHaveLength(4);
  });

  test('finds by code, by worker, by age and by a field of the payload', async ({ producer, admin, work }) => {
    for (const n of [1, 2, 3]) await producer.put(greet, n, { id: `g${n}` });
    await work();
    await producer.put(greet, 4, { id: 'waits' });
    const ids = async (options: Parameters<Admin['jobs']>[0]): Promise<string[]> =>
      (await admin.jobs(options)).jobs.map(({ id }) => id).toSorted();
    expect(await ids({ code: 'SLUICE_PERMANENT' })).toEqual(['g1', 'g3']);
    expect(await ids({ code: 'SLUICE_PERM' })).toEqual([]);
    expect(await ids({ worker: 'worker-of-greet' })).toEqual(['g1', 'g2', 'g3']);
    expect(await ids({ worker: 'other' })).toEqual([]);
    expect(await ids({ before: Date.now() - 60_000 })).toEqual([]);
    expect(await ids({ before: Date.now() + 60_000 })).toHaveLength(4);
    expect(await ids({ payload: { n: 4 } })).toEqual([]);
  });

  test('comes in pages, each job once', async ({ producer, admin, work }) => {
    for (let n = 0; n < 20; n += 1) await producer.put(greet, n, { id: `n${n}` });
    await work();
    await producer.put(part, 1, { id: 'waits' });
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await admin.jobs({ limit: 6, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.jobs.map(({ id }) => id));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(seen).toHaveLength(21);
    expect(new Set(seen).size).toBe(21);
    expect(seen[0]).toBe('waits');
  });

  test('looks at a part of a long queue, and says where to go on', async ({ producer, admin, queueName, redis }) => {
    await producer.setCapacity(1_000_000);
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    for (let n = 0; n < 6; n += 1) {
      await queue.addBulk(Array.from({ length: 1_000 }, (_, m) => ({ name: 'greet', data: n * 1_000 + m })));
    }
    await queue.add('part', 1);
    await queue.close();
    const first = await admin.jobs({ job: 'part' });
    expect(first).toMatchObject({ jobs: [], next: 'wait:5000', looked: 5_000, total: 6_001 });
    expect(await admin.jobs({ job: 'part', cursor: first.next ?? '' })).toMatchObject({
      jobs: [{ id: '6001' }],
      next: null,
    });
  });

  test.for([
    [{ state: 'wating' }],
    [{ limit: 0 }],
    [{ limit: 1_001 }],
    [{ since: 'yesterday' }],
    [{ stat: 'dead' }],
    [{ payload: {} }],
    [{ payload: { n: {} } }],
    [{ cursor: 'meta:0' }],
    [{ state: 'dead', cursor: 'completed:0' }],
  ])('refuses %j', async ([options], { admin }) => {
    await expect(admin.jobs(options as never)).rejects.toThrow(OptionError);
  });
});

describe('find', () => {
  test('says what a producer does not: payload, attempts, when it is due', async ({ producer, admin }) => {
    await producer.put(greet, 7, { id: 'a/b', delayMs: 60_000, priority: 3, attempts: 4 });
    const found = await admin.find('a/b');
    expect(found).toMatchObject({ state: 'delayed', payload: 7, payloadBytes: 1, attemptsMax: 4, priority: 3 });
    expect(found?.dueAt).toBeGreaterThan((found?.createdAt ?? 0) + 59_000);
  });

  test("finds a foreign client's job by its own id, and never a key that is no job", async ({
    admin,
    redis,
    queueName,
  }) => {
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await queue.add('greet', { n: 1 }, { jobId: 'mine' });
    expect(await admin.find('mine')).toMatchObject({
      job: 'greet',
      payload: { n: 1 },
      attemptsMax: 1,
      expiresAt: null,
    });
    const client = await redis.client();
    await client.set(queue.toKey('mine:lock'), 'x');
    for (const id of ['wait', 'meta', 'events', 'mine:lock', 'sluice:waiters']) expect(await admin.find(id)).toBeNull();
    await queue.close();
  });
});

describe('all queues', () => {
  test('are found by their prefix, each once', async ({ redis, queueName }) => {
    const prefix = `p-${queueName}`;
    for (const name of ['b', 'a', 'c.d']) {
      const queue = defineQueue({ name, prefix, jobs: [greet], capacity: 5 });
      await using producer = await connectProducer(queue, { redis: redis.url });
      await producer.put(greet, 2);
    }
    await using queues = await connectAllQueues({ redis: redis.url, prefix });
    expect(await queues.find()).toEqual({ names: ['a', 'b', 'c.d'], complete: true });
    expect(await queues.get('a').stats()).toMatchObject({ depth: 1, capacity: 5 });
    await queues.get('a').close();
    expect(await queues.get('b').stats()).toMatchObject({ depth: 1 });
  });
});

describe('a producer that is a guest', () => {
  test('obeys the capacity that is there, and leaves it to the definition', async ({
    producer,
    admin,
    redis,
    queueName,
  }) => {
    const own = defineQueue({ name: queueName, jobs: [greet], capacity: 7 });
    await using guest = await connectProducer(own, { redis: redis.url, asGuest: true });
    const { id } = await guest.put(greet, 2);
    expect(await producer.stats()).toMatchObject({ capacity: 50, capacityFrom: { source: 'definition' } });
    const opts = await (await redis.client()).hget(`bull:{${queueName}}:${id}`, 'opts');
    expect(JSON.parse(opts ?? '').sluice).not.toHaveProperty('v');
    await admin.setCapacity(1);
    await expect(guest.tryPut(greet, 2)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL', capacity: 1 });
  });

  test('brings its number to a queue that has none', async ({ admin, redis, queueName }) => {
    const own = defineQueue({ name: queueName, jobs: [greet], capacity: 7 });
    await using guest = await connectProducer(own, { redis: redis.url, asGuest: true });
    await guest.put(greet, 2);
    expect(await admin.stats()).toMatchObject({ capacity: 7, depth: 1 });
  });
});
