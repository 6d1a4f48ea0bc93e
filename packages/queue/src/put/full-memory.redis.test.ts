import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectProducer } from './connect-producer.ts';

const keep = defineJob({ name: 'keep', payload: z.int(), result: z.null() });

describe('a Redis whose memory is full', () => {
  isolatedRedisTest(
    'refuses puts with its reason, adds nothing, and lets those that wait in later',
    async ({ redis, queueName }) => {
      const queue = defineQueue({ name: queueName, jobs: [keep], capacity: 10 });
      await using producer = await connectProducer(queue, { redis: redis.url, memoryWatermark: 1 });
      await producer.put(keep, 1);
      const client = await redis.client();
      await client.config('SET', 'maxmemory', '1');
      const refusal = { code: 'SLUICE_QUEUE_FULL', reason: 'memory' };
      await expect(producer.tryPut(keep, 2, { id: 'second' })).rejects.toMatchObject(refusal);
      await expect(producer.put(keep, 3, { id: 'third', waitMs: 100 })).rejects.toMatchObject(refusal);
      expect(await producer.find('second')).toBeNull();
      expect(await producer.find('third')).toBeNull();
      const waiting = producer.put(keep, 4);
      await expect.poll(() => producer.stats()).toMatchObject({ depth: 1, waitingPuts: 1 });
      await client.config('SET', 'maxmemory', '0');
      expect(await waiting).toMatchObject({ status: 'created', depth: 2 });
    },
  );

  isolatedRedisTest(
    'refuses puts early, above the watermark, and lets those that wait in later',
    async ({ redis, queueName }) => {
      const queue = defineQueue({ name: queueName, jobs: [keep], capacity: 10 });
      const client = await redis.client();
      const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
      await client.config('SET', 'maxmemory', String(used * 4));
      await using withoutWatermark = await connectProducer(queue, { redis: redis.url, memoryWatermark: 1 });
      await using careful = await connectProducer(queue, { redis: redis.url, memoryWatermark: 0.2 });
      await expect(careful.tryPut(keep, 1)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL', reason: 'memory' });
      await expect(careful.put(keep, 1, { waitMs: 50 })).rejects.toMatchObject({ reason: 'memory' });
      expect(await withoutWatermark.tryPut(keep, 2)).toMatchObject({ depth: 1 });

      const waiting = careful.put(keep, 3);
      await expect.poll(() => careful.stats()).toMatchObject({ depth: 1, waitingPuts: 1 });
      await client.config('SET', 'maxmemory', String(used * 40));
      expect(await waiting).toMatchObject({ status: 'created', depth: 2 });
    },
  );

  isolatedRedisTest('can be connected to, also by the first client', async ({ redis, queueName }) => {
    const client = await redis.client();
    await client.config('SET', 'maxmemory', '1');
    const queue = defineQueue({ name: queueName, jobs: [keep], capacity: 10 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    expect(await producer.stats()).toMatchObject({ depth: 0 });
    await expect(producer.tryPut(keep, 1)).rejects.toMatchObject({ reason: 'memory' });
    expect(await client.dbsize()).toBe(0);
  });

  isolatedRedisTest('does not take an odd watermark', async ({ redis, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [keep], capacity: 10 });
    for (const memoryWatermark of [0, 1.5, NaN]) {
      await expect(connectProducer(queue, { redis: redis.url, memoryWatermark })).rejects.toThrow('memoryWatermark');
    }
  });
});
