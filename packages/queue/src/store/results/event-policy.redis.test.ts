import { redisTest as test } from '@sluice/testing/vitest';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type EventPolicy, type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { readEventPolicy } from './event-policy.ts';

const greet = defineJob({ name: 'greet', payload: z.string(), result: z.string(), retry: { attempts: 1 } });
const handlers = {
  greet: defineHandler(greet, ({ payload }) => {
    if (payload === 'nobody') throw new Error('nobody is there');
    return `hello ${payload}`;
  }),
};
const define = (name: string, events: EventPolicy, more: { capacity?: number } = {}): QueueDefinition<[typeof greet]> =>
  defineQueue({ name, jobs: [greet], capacity: 100, events, ...more });

/** The names of the events, in the order of time. */
async function eventsOf(client: Redis, { name }: QueueDefinition): Promise<string[]> {
  const entries = await client.xrange(`bull:{${name}}:events`, '-', '+');
  return entries.map(([, fields]) => fields[fields.indexOf('event') + 1] ?? '');
}

/** By BullMQ's own script. */
const failure = ['failed', 'retries-exhausted', 'drained'];

const written: Record<EventPolicy, string[]> = {
  all: ['added', 'waiting', 'duplicated', 'added', 'waiting', 'active', 'completed', 'active', ...failure],
  ended: ['completed', ...failure],
  none: failure,
};

for (const policy of ['all', 'ended', 'none'] as const) {
  describe(`a queue with events: '${policy}'`, () => {
    test('writes what it says, also what BullMQ says of a failure, and explains what it knows', async ({
      redis,
      queueName,
    }) => {
      const queue = define(queueName, policy);
      await using producer = await connectProducer(queue, { redis: redis.url });
      await producer.put(greet, 'you', { id: 'once' });
      await producer.put(greet, 'you', { id: 'once' });
      const { id } = await producer.put(greet, 'nobody');
      await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 });
      await pool.runUntilIdle({ idleMs: 50 });
      expect(await eventsOf(await redis.client(), queue)).toEqual(written[policy]);
      expect(await producer.stats()).toMatchObject({ events: policy, completed: 1, dead: 1 });
      await using admin = await connectAdmin(queue, { redis: redis.url });
      const { state, events, isWhole, transitions } = await admin.why(id);
      expect({ state, events, isWhole }).toEqual({ state: 'dead', events: policy, isWhole: policy === 'all' });
      expect(transitions.map(({ event }) => event)).toEqual(expect.arrayContaining(['put', 'active', 'failed']));
    });

    test('has the ends of jobs told to those who await results', async ({ redis, queueName }) => {
      const queue = define(queueName, policy);
      await using producer = await connectProducer(queue, { redis: redis.url });
      const receipt = await producer.put(greet, 'you');
      const result = producer.result(receipt);
      const client = await redis.client();
      const awaited = `bull:{${queueName}}:sluice:awaited`;
      if (policy === 'none') await expect.poll(() => client.exists(awaited)).toBe(1);
      else expect(await client.exists(awaited)).toBe(0);
      await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 });
      await pool.start();
      expect(await result).toBe('hello you');
      expect(
        await producer.gather([
          [greet, 'her'],
          [greet, 'him'],
        ]),
      ).toEqual(['hello her', 'hello him']);
      expect((await eventsOf(client, queue)).filter((event) => event === 'completed')).toHaveLength(3);
    });
  });
}

test("a job that was dropped is told of where ends are, and with 'none' only to who awaits", async ({
  redis,
  queueName,
}) => {
  for (const [policy, told] of [
    ['ended', 1],
    ['none', 0],
  ] as const) {
    const queue = define(`${queueName}-${policy}`, policy, { capacity: 1 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(greet, 'you');
    await producer.put(greet, 'me', { whenFull: 'drop-oldest' });
    const events = await eventsOf(await redis.client(), queue);
    expect(events.filter((event) => event === 'failed')).toHaveLength(told);
    expect(await producer.stats()).toMatchObject({ dead: 1, dropped: 1 });
  }
});

test('holds for what a BullMQ queue on the bounded backend adds, too', async ({ redis, queueName }) => {
  for (const [policy, names] of [
    ['all', ['added', 'waiting', 'added', 'waiting']],
    ['none', []],
  ] as const) {
    const definition = define(`${queueName}-${policy}`, policy);
    await using _producer = await connectProducer(definition, { redis: redis.url });
    const options = { connection: connectionOf(redis.url), prefix: 'bull' };
    const queue = new Queue(`{${definition.name}}`, options, createBoundedBackend({ capacity: 100 }));
    await Promise.all([queue.add('greet', 'you'), queue.add('greet', 'me')]);
    expect(await eventsOf(await redis.client(), definition)).toEqual(names);
    await queue.close();
  }
});

it('takes a policy of a later version for one that promises nothing', () => {
  expect([null, 'ended', 'none', 'sampled'].map(readEventPolicy)).toEqual(['all', 'ended', 'none', 'none']);
});
