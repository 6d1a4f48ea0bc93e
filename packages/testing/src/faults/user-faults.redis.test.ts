import { connectProducer, defineJob, defineQueue, type Producer, QueueFullError } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { isolatedRedisTest } from '../fixtures/isolated-redis-test.ts';
import { redisTest } from '../fixtures/redis-test.ts';
import { cutConnection } from './cut-connection.ts';
import { fillQueue } from './fill-queue.ts';

const note = defineJob({ name: 'note', payload: z.object({ n: z.int() }), result: z.void() });
const notesOf = (name: string) => defineQueue({ name, jobs: [note], capacity: 250 });

const test = redisTest.extend<{ producer: Producer<ReturnType<typeof notesOf>> }>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(notesOf(queueName), { redis: redis.url });
    await use(producer);
  },
});

describe('fillQueue', () => {
  test('fills a queue, or leaves as much free as it is asked to', async ({ producer }) => {
    const receipts = await fillQueue(producer, note, (n) => ({ n }), { leave: 3 });
    expect(receipts).toHaveLength(247);
    expect(await producer.stats()).toMatchObject({ depth: 247 });
    expect(await fillQueue({ producer }, note, { n: 0 })).toHaveLength(3);
    await expect(producer.tryPut(note, { n: 1 })).rejects.toThrow(QueueFullError);
    expect(await fillQueue(producer, note, { n: 0 })).toEqual([]);
  });
});

describe('cutConnection', () => {
  isolatedRedisTest('cuts all connections, or those of a name, and a producer goes on', async ({ server, redis }) => {
    await using producer = await connectProducer(notesOf('notes'), { redis: redis.url });
    const named = await redis.client({ connectionName: 'reports', retryStrategy: () => null });
    expect(await cutConnection(server, { name: 'nobody' })).toBe(0);
    expect(await cutConnection({ server }, { name: 'report' })).toBe(1);
    await expect(named.ping()).rejects.toThrow('Connection is closed');
    const reconnected = new Promise((resolve) => producer.put(note, { n: 1 }).then(resolve));
    expect(await cutConnection(server)).toBeGreaterThanOrEqual(2);
    await reconnected;
    expect(await producer.put(note, { n: 2 })).toMatchObject({ depth: 2 });
  });
});
