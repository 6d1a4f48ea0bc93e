import { Redis } from 'ioredis';
import { AsyncLocalStorage } from 'node:async_hooks';
import { redisTest as test } from '@sluice/testing/vitest';
import { afterEach, describe, expect, vi } from 'vitest';
import { Queue } from 'bullmq';
import { z } from 'zod';
import { defineJob } from './contracts/job-contract.ts';
import { defineQueue } from './contracts/queue-policy.ts';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { flow } from '../put/flow/flow-node.ts';
import { createBoundedBackend } from '../store/backend/create-bounded-backend.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';

const caller = new AsyncLocalStorage<string>();
const job = defineJob({ name: 'work', payload: z.int(), result: z.int() });

/** Every command of this process from now on, and in whose context it was sent. */
function watchCommands(): { name: string; sentBy: string | undefined }[] {
  const sent: { name: string; sentBy: string | undefined }[] = [];
  const original = Redis.prototype.sendCommand;
  vi.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...rest) {
    sent.push({ name: command.name.toLowerCase(), sentBy: caller.getStore() });
    return original.call(this, command, ...rest);
  });
  return sent;
}

afterEach(() => vi.restoreAllMocks());

describe('background work', () => {
  test('does not keep the async context of its starter', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 1, prefix });
    const sent = watchCommands();
    const handlers: (string | undefined)[] = [];
    const listeners: (string | undefined)[] = [];
    const handler = defineHandler(job, async ({ payload, ack }) => {
      handlers.push(caller.getStore());
      // An ack method that a handler calls in a context of its own must not pass this on to the job that its slot takes next.
      await caller.run(`handler ${payload}`, () => ack(payload));
      return payload;
    });
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 1 });
    pool.on('completed', () => listeners.push(caller.getStore()));
    await caller.run('starter', () => pool.start());
    await using producer = await caller.run('connector', () => connectProducer(queue, { redis: redis.url }));
    const results = [1, 2, 3, 4].map((n) =>
      caller.run(`caller ${n}`, async () => {
        // The second of them waits for capacity, so that the waiter queue, its timer and the stream of wake-ups are at work, too.
        const result = await producer.result(await producer.put(job, n));
        expect(caller.getStore()).toBe(`caller ${n}`);
        return result;
      }),
    );
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4]);
    await vi.waitFor(() => expect(listeners).toHaveLength(4));
    expect(handlers).toEqual([undefined, undefined, undefined, undefined]);
    expect(listeners).toEqual([undefined, undefined, undefined, undefined]);
    expect(sent.map(({ name }) => name)).toEqual(expect.arrayContaining(['evalsha', 'xread']));
    expect(sent.filter(({ sentBy }) => sentBy !== undefined)).toEqual([]);
  });

  test('wakes a flow that waits, and belongs to it no more than to others', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 1, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using consumer = await connectConsumer(queue, { redis: redis.url });
    await producer.put(job, 1);
    const sent = watchCommands();
    const waiting = caller.run('flow', () => producer.putFlow(flow(job, 2)));
    await vi.waitFor(() => expect(sent.map(({ name }) => name)).toContain('xread'));
    await (await consumer.take())?.ack(1);
    await waiting;
    expect(sent.filter(({ name, sentBy }) => name === 'xread' && sentBy !== undefined)).toEqual([]);
  });

  test('sends what several callers of a plain BullMQ queue add', async ({ redis, prefix, queueName }) => {
    const options = { connection: connectionOf(redis.url), prefix };
    const queue = new Queue(`{${queueName}}`, options, createBoundedBackend({ capacity: 5 }));
    await queue.add('work', 0); // the first one agrees on the capacity
    const sent = watchCommands();
    await Promise.all(['one', 'another'].map((name) => caller.run(name, () => queue.add('work', 1))));
    const adds = sent.filter(({ name }) => name === 'evalsha');
    await queue.close();
    expect(adds.map(({ sentBy }) => sentBy)).toEqual([undefined]);
  });

  test('is distinguished from what a caller asks for itself', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 1, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    const sent = watchCommands();
    await caller.run('asker', () => producer.find('1'));
    expect(sent).toContainEqual({ name: 'hmget', sentBy: 'asker' });
  });

  test('lets a consumer take jobs in no context, and hands each to its own caller', async ({
    redis,
    prefix,
    queueName,
  }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await using consumer = await caller.run('connector', () => connectConsumer(queue, { redis: redis.url }));
    await producer.put(job, 1);
    const sent = watchCommands();
    await caller.run('taker', async () => {
      const lease = await consumer.take();
      expect(caller.getStore()).toBe('taker');
      await lease?.ack(1);
    });
    expect(sent.filter(({ sentBy }) => sentBy !== undefined)).toEqual([]);
  });
});
