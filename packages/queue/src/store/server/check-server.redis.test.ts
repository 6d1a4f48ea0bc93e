import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectProducer, createWorkerPool, defineHandler } from '../../index.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });
const handlers = { job: defineHandler(job, () => null) };

describe('a Redis that may evict jobs', () => {
  isolatedRedisTest('is refused by a producer and a pool that are set to', async ({ redis, queueName }) => {
    await (await redis.client()).config('SET', 'maxmemory-policy', 'allkeys-lru');
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 3 });
    const options = { redis: redis.url, unsafeEviction: 'refuse' } as const;
    const unsuitable = { code: 'SLUICE_REDIS_UNSUITABLE', message: expect.stringContaining('allkeys-lru') };
    await expect(connectProducer(queue, options)).rejects.toMatchObject(unsuitable);
    const pool = createWorkerPool(queue, handlers, { ...options, concurrency: 1 });
    await expect(pool.start()).rejects.toMatchObject(unsuitable);
    expect(pool.state).toBe('stopped');
  });

  isolatedRedisTest('is worked with otherwise', async ({ redis, queueName }) => {
    await (await redis.client()).config('SET', 'maxmemory-policy', 'allkeys-lru');
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 3 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 });
    await pool.start();
    expect(await producer.result(await producer.put(job, null))).toBeNull();
  });
});
