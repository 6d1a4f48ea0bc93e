import { flakyProxy, redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectProducer } from './connect-producer.ts';

const job = defineJob({ name: 'plain', payload: z.int(), result: z.null() });
const UNAVAILABLE_MS = 1_000;

describe('while Redis hangs', () => {
  redisTest('a put rejects in its own time, however many wait before it', async ({ redis, queueName }) => {
    await using proxy = await flakyProxy(redis.url);
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10_000 });
    await using producer = await connectProducer(queue, { redis: proxy.url, unavailableMs: UNAVAILABLE_MS });
    proxy.stall();
    const since = performance.now();
    const ends = await Promise.all(
      Array.from({ length: 2_000 }, async (_, n) => {
        const code: unknown = await producer.tryPut(job, n).catch((error: { code: unknown }) => error.code);
        return { code, tookMs: performance.now() - since };
      }),
    );
    expect(new Set(ends.map(({ code }) => code))).toEqual(new Set(['SLUICE_PUT_UNKNOWN', 'SLUICE_REDIS_UNAVAILABLE']));
    // In batches that wait for each other the last ones took ten times as long; half of that leaves a busy machine its time.
    expect(Math.max(...ends.map(({ tookMs }) => tookMs))).toBeLessThan(5 * UNAVAILABLE_MS);
    await proxy.restore();
    const client = await redis.client();
    const unknown = ends.filter(({ code }) => code === 'SLUICE_PUT_UNKNOWN').length;
    await expect
      .poll(
        () =>
          producer.tryPut(job, 0).then(
            () => 'in',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('in');
    expect(await client.llen(`bull:{${queueName}}:wait`)).toBeLessThanOrEqual(unknown + 1);
  });

  redisTest('a put that is called off before it was sent is never added', async ({ redis, queueName }) => {
    await using proxy = await flakyProxy(redis.url);
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10_000 });
    await using producer = await connectProducer(queue, { redis: proxy.url });
    await producer.tryPut(job, 0);
    proxy.stall();
    const sent = Array.from({ length: 200 }, (_, n) => producer.tryPut(job, n)); // two batches fill the wire
    const leaving = new AbortController();
    const off = Array.from({ length: 300 }, (_, n) => producer.tryPut(job, n, { signal: leaving.signal }));
    const ends = Promise.allSettled(off);
    leaving.abort(new Error('the client has gone'));
    expect((await ends).every(({ status }) => status === 'rejected')).toBe(true);
    await proxy.restore();
    await Promise.all(sent);
    expect(await (await redis.client()).llen(`bull:{${queueName}}:wait`)).toBe(201);
  });
});
