import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import type { Producer } from '../../put/producer.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null(), retry: { attempts: 1 } });
const queueOf = (name: string) => defineQueue({ name, jobs: [job], capacity: 50, keep: { completed: { count: 20 } } });

interface Kit {
  producer: Producer<ReturnType<typeof queueOf>>;
  queue: Queue;
  client: Redis;
  /** Puts a job that says it was put so long ago. */
  putAged(agoMs: number, opts?: object): Promise<void>;
  work(processor: () => Promise<unknown>): void;
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    const shared = { connection: connectionOf(redis.url) };
    const queue = new Queue(`{${queueName}}`, shared);
    const workers: Worker[] = [];
    const kit: Kit = {
      producer,
      queue,
      client: await redis.client(),
      putAged: async (agoMs, opts = {}) => {
        await queue.add('job', null, { ...opts, timestamp: Date.now() - agoMs });
      },
      work: (processor) => void workers.push(new Worker(`{${queueName}}`, processor, shared)),
    };
    await use(kit);
    for (const worker of workers) await worker.close();
    await queue.close();
  },
});

/** An age, as far as a test that takes a while itself can tell. */
const about = (ms: number): unknown =>
  expect.toSatisfy((value) => typeof value === 'number' && value >= ms - 5 && value < ms + 5_000, `about ${ms}`);

describe('stats', () => {
  test('of a queue that is not there are nought, and nothing is oldest', async ({ kit: { producer } }) => {
    expect(await producer.stats()).toEqual({
      depth: 0,
      capacity: 50,
      capacityFrom: { source: 'definition', revision: expect.any(String), sinceMs: expect.any(Number) },
      over: 0,
      waiting: 0,
      prioritized: 0,
      delayed: 0,
      active: 0,
      waitingChildren: 0,
      unserved: 0,
      completed: 0,
      dead: 0,
      waitingPuts: 0,
      waiters: { producers: 0, puts: 0 },
      pools: 0,
      sealed: false,
      paused: false,
      oldestMs: null,
      dropped: 0,
      events: 'all',
      drainPerSecond: 0,
    });
  });

  test('count what a foreign client adds above the capacity', async ({ kit: { producer, queue } }) => {
    await producer.setCapacity(2);
    await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'job', data: null })));
    expect(await producer.stats()).toMatchObject({ depth: 5, capacity: 2, over: 3 });
  });
});

describe('oldestMs', () => {
  test('is the age of the job that is next in the waiting list', async ({ kit: { producer, putAged } }) => {
    await putAged(60_000);
    await putAged(0);
    expect((await producer.stats()).oldestMs).toEqual(about(60_000));
  });

  test('leaves out the time for which a job was delayed', async ({ kit: { producer, putAged, queue, client } }) => {
    await putAged(100_000, { delay: 70_000 });
    expect(await producer.stats()).toMatchObject({ delayed: 1, oldestMs: about(30_000) });
    const [late] = await queue.getDelayed();
    await client.zrem(queue.toKey('delayed'), late?.id ?? '');
    await client.lpush(queue.toKey('wait'), late?.id ?? ''); // as BullMQ does once somebody takes
    expect(await producer.stats()).toMatchObject({ waiting: 1, oldestMs: about(30_000) });
  });

  test('does not count a delay that is not over', async ({ kit: { producer, putAged } }) => {
    await putAged(60_000, { delay: 600_000 });
    expect(await producer.stats()).toMatchObject({ delayed: 1, oldestMs: null });
  });

  test('sees a job that more urgent ones keep waiting', async ({ kit: { producer, putAged } }) => {
    await putAged(90_000, { priority: 2_000 });
    await putAged(20_000, { priority: 2_000 });
    await putAged(40_000, { priority: 1 });
    expect((await producer.stats()).oldestMs).toEqual(about(90_000));
  });

  test('sees the most urgent one when that is older', async ({ kit: { producer, putAged } }) => {
    await putAged(90_000, { priority: 1 });
    await putAged(20_000, { priority: 7 });
    expect((await producer.stats()).oldestMs).toEqual(about(90_000));
  });

  test('counts a job that comes back from its last start', async ({ kit: { producer, queue, client, putAged } }) => {
    await putAged(500_000);
    const [again] = await queue.getWaiting();
    await client.hset(queue.toKey(again?.id ?? ''), 'processedOn', Date.now() - 10_000);
    expect((await producer.stats()).oldestMs).toEqual(about(10_000));
  });

  test('is null when all that is left runs', async ({ kit: { producer, putAged, work } }) => {
    const held = Promise.withResolvers<null>();
    await putAged(60_000);
    work(() => held.promise);
    await expect.poll(() => producer.stats()).toMatchObject({ active: 1, oldestMs: null });
    held.resolve(null);
    await producer.join();
  });
});

describe('drainPerSecond', () => {
  test('counts the jobs that ended in the last minute, well or not', async ({ kit }) => {
    const { producer, queue, client, work } = kit;
    let runs = 0;
    work(async () => {
      if (++runs % 2 === 0) throw new Error('even');
      return null;
    });
    await queue.addBulk(Array.from({ length: 12 }, () => ({ name: 'job', data: null })));
    await producer.join();
    expect(await producer.stats()).toMatchObject({ completed: 6, dead: 6, drainPerSecond: 0.2 });
    const [first] = await queue.getCompleted();
    await client.zadd(queue.toKey('completed'), Date.now() - 61_000, first?.id ?? '');
    expect((await producer.stats()).drainPerSecond).toBe(0.18);
  });

  test('does not take what is no longer kept for what never ended', async ({ kit: { producer, queue, client } }) => {
    const ended = Array.from({ length: 20 }, (_, n) => [Date.now() - 10_000 + n, `k.${n}`]).flat();
    await client.zadd(queue.toKey('completed'), ...ended);
    expect((await producer.stats()).drainPerSecond).toBeCloseTo(2, 0);
  });
});
