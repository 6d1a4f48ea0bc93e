import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { afterEach, describe, expect, type TestAPI, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { PermanentJobError } from '../job/errors/index.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { connectProducer } from '../put/connect-producer.ts';
import type { Producer } from '../put/producer.ts';
import { readRedisTime } from '../store/connection/redis-time.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const HOURS_MS = 3_600_000;

/** Ends as it says, the first time; completes after that. */
const work = defineJob({
  name: 'work',
  payload: z.enum(['complete', 'retry', 'die']),
  result: z.null(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 0, jitter: 0 } },
});
const later = defineJob({
  name: 'later',
  payload: z.null(),
  result: z.null(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: HOURS_MS, jitter: 0 } },
});
const definition = (name: string) => defineQueue({ name, jobs: [work, later], capacity: 100 });
type Definition = ReturnType<typeof definition>;

/** A queue whose producer's clock is right, until the test says otherwise, and pools that work until they have done all. */
class Fleet implements AsyncDisposable {
  readonly url: string;
  readonly queue: Definition;
  readonly producer: Producer<Definition>;
  readonly client: Redis;
  readonly plain: Queue;

  constructor(url: string, queue: Definition, producer: Producer<Definition>, client: Redis) {
    this.url = url;
    this.queue = queue;
    this.producer = producer;
    this.client = client;
    this.plain = new Queue(`{${queue.name}}`, { connection: connectionOf(url) });
  }

  async work(): Promise<void> {
    const handlers = {
      work: defineHandler(work, async ({ payload, attempt }) => {
        if (payload === 'die') throw new PermanentJobError('as told');
        if (payload === 'retry' && attempt === 1) throw new Error('as told');
        return null;
      }),
      later: defineHandler(later, async () => {
        throw new Error('as told');
      }),
    };
    const pool = createWorkerPool(this.queue, handlers, { redis: this.url, concurrency: 3 });
    await pool.runUntilIdle({ idleMs: 150 });
  }

  now(): Promise<number> {
    return readRedisTime(this.client, `bull:{${this.queue.name}}:meta`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plain.close();
    await this.producer.close();
  }
}

const test = redisTest.extend<{ fleet: Fleet }>({
  fleet: async ({ redis, queueName }, use) => {
    const queue = definition(queueName);
    await using fleet = new Fleet(
      redis.url,
      queue,
      await connectProducer(queue, { redis: redis.url }),
      await redis.client(),
    );
    await use(fleet);
    vi.restoreAllMocks();
  },
}) as unknown as TestAPI<RedisFixtures & { fleet: Fleet }>;

function setClock(offMs: number): void {
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
}

afterEach(() => void vi.restoreAllMocks());

describe('a worker whose clock is two hours ahead', () => {
  test('leaves what others keep, whichever way its own jobs end', async ({ fleet }) => {
    const { producer } = fleet;
    const kept = await Promise.all(['complete', 'die'].map((end) => producer.put(work, end as 'complete')));
    await fleet.work();
    for (const end of ['complete', 'retry', 'die'] as const) await producer.put(work, end);
    setClock(2 * HOURS_MS);
    await fleet.work();
    const states = await Promise.all(kept.map(async ({ id }) => (await producer.find(id))?.state));
    expect(states).toEqual(['completed', 'dead']);
    expect(await producer.stats()).toMatchObject({ completed: 3, dead: 2, drainPerSecond: expect.any(Number) });
  });

  test('runs no delayed job early: by a take, a retry, or a take of BullMQ’s', async ({ fleet }) => {
    const { producer, plain } = fleet;
    const { id } = await producer.put(work, 'complete', { delayMs: HOURS_MS });
    await producer.put(work, 'retry');
    setClock(2 * HOURS_MS);
    await fleet.work();
    await plain.setGlobalConcurrency(1); // takes go by BullMQ's own script
    await producer.put(work, 'complete');
    await fleet.work();
    expect((await producer.find(id))?.state).toBe('delayed');
    expect(await producer.stats()).toMatchObject({ completed: 2, delayed: 1 });
  });

  test('writes Redis’s times: start, end, and the pause before a retry', async ({ fleet }) => {
    const { producer, plain } = fleet;
    const [ended, waits] = [await producer.put(work, 'complete'), await producer.put(later, null)];
    setClock(2 * HOURS_MS);
    await fleet.work();
    const now = await fleet.now();
    const job = await plain.getJob(ended.id);
    for (const at of [job?.processedOn, job?.finishedOn]) expect(Math.abs((at ?? 0) - now)).toBeLessThan(60_000);
    const [, score] = await fleet.client.zrange(plain.toKey('delayed'), 0, '0', 'WITHSCORES');
    const dueInMs = Number(score) / 0x1000 - now;
    expect(Math.abs(dueInMs - HOURS_MS)).toBeLessThan(60_000);
    expect((await producer.find(waits.id))?.state).toBe('delayed');
  });

  test('lets no job expire early, and one that is behind runs none that has expired', async ({ fleet }) => {
    const { producer } = fleet;
    const fresh = await producer.put(work, 'complete', { expiresAt: Date.now() + 60_000 });
    setClock(2 * HOURS_MS);
    await fleet.work();
    expect((await producer.find(fresh.id))?.state).toBe('completed');
    vi.restoreAllMocks();
    const stale = await fleet.plain.add('work', JSON.stringify('complete'), {
      sluice: { v: 1, d: '', e: Date.now() - 1_000 },
    } as never);
    setClock(-2 * HOURS_MS);
    await fleet.work();
    expect(await stale.getState()).toBe('failed');
  });
});

describe('a producer whose clock is two hours off', () => {
  for (const hours of [2, -2]) {
    test(`puts jobs that are due, and expire, when it means: ${hours} hours`, async ({ fleet }) => {
      setClock(hours * HOURS_MS);
      await using wrong = await connectProducer(fleet.queue, { redis: fleet.url });
      const soon = await wrong.put(work, 'complete', { delayMs: 30 });
      const far = await wrong.put(work, 'complete', { delayMs: HOURS_MS });
      const fresh = await wrong.put(work, 'complete', { expiresAt: Date.now() + 60_000 });
      await expect(wrong.put(work, 'complete', { expiresAt: Date.now() - 1 })).rejects.toThrow('expiresAt');
      vi.restoreAllMocks();
      await expect
        .poll(async () => (await fleet.now()) - 30 > ((await wrong.find(soon.id))?.createdAt ?? 0))
        .toBe(true);
      await fleet.work();
      const states = await Promise.all([soon, far, fresh].map(async ({ id }) => (await wrong.find(id))?.state));
      expect(states).toEqual(['completed', 'delayed', 'completed']);
      const stored = (await fleet.plain.getJob(fresh.id))?.opts as unknown as { sluice: { e: number } };
      expect(Math.abs(stored.sluice.e - (await fleet.now()) - 60_000)).toBeLessThan(50_000);
      expect(await wrong.stats()).toMatchObject({ completed: 2, delayed: 1 });
    });
  }
});
