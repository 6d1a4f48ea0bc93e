import { redisTest, type TestRedis } from '@sluice/testing/vitest';
import { Queue } from 'bullmq';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import type { Producer } from '../../put/producer.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { QueueView } from './queue-view.ts';

const greet = defineJob({ name: 'greet', payload: z.object({ to: z.string() }), result: z.void() });
const queueOf = (name: string) => defineQueue({ name, jobs: [greet], capacity: 50 });
const ann = { to: 'ann "sluice":{"e":5}' };
const HOUR_MS = 3_600_000;

const test = redisTest.extend<{ producer: Producer<ReturnType<typeof queueOf>>; view: QueueView; plain: Queue }>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await use(producer);
  },
  view: async ({ redis, queueName }, use) => {
    await using view = await QueueView.open(queueOf(queueName), { redis: redis.url });
    await use(view);
  },
  plain: async ({ redis, queueName }, use) => {
    const plain = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await use(plain);
    await plain.close();
  },
});

const optionsOf = async (redis: TestRedis, name: string, id: string): Promise<string> =>
  (await (await redis.client()).hget(`bull:{${name}}:k.${id}`, 'opts')) ?? '';

describe('a moved clock', () => {
  test('brings delayed jobs nearer, in their order', async ({ producer, view }) => {
    for (const [id, hours] of [
      ['late', 3],
      ['soon', 1],
    ] as const)
      await producer.put(greet, ann, { id, delayMs: hours * HOUR_MS });
    const before = await view.work();
    expect(before).toMatchObject({ ready: 0, delayed: 2, depth: 2, nextInMs: before.nextOwnInMs });
    expect(before.nextInMs).toBeGreaterThan(HOUR_MS - 60_000);
    const after = await view.moveBy(HOUR_MS);
    expect(after).toMatchObject({ ready: 1, delayed: 2, nextInMs: 0 });
    expect(await view.moveBy(2 * HOUR_MS)).toMatchObject({ ready: 2 });
  });

  test('changes nothing of the options of a job but its expiry', async ({ producer, view, redis, queueName }) => {
    const expiresAt = Date.now() + 2 * HOUR_MS;
    await producer.put(greet, ann, { id: 'a', expiresAt, delayMs: HOUR_MS, attempts: 7 });
    const before = await optionsOf(redis, queueName, 'a');
    const at = Number(/"e":(\d+)/.exec(before)?.[1]);
    await view.moveBy(HOUR_MS);
    expect(await optionsOf(redis, queueName, 'a')).toBe(before.replace(String(at), String(at - HOUR_MS)));
    const [job] = await view.jobs();
    expect(job).toMatchObject({ id: 'a', json: JSON.stringify(ann), options: { attempts: 7 } });
  });

  test('shortens deduplications, and leaves what proves that a process lives', async ({
    plain,
    view,
    redis,
    queueName,
  }) => {
    await plain.add('greet', ann, { deduplication: { id: 'once', ttl: 2 * HOUR_MS } });
    const client = await redis.client();
    await client.set(`bull:{${queueName}}:some-job:lock`, 'token', 'PX', 30_000);
    await view.moveBy(HOUR_MS);
    expect(await client.pttl(`bull:{${queueName}}:de:once`)).toBeLessThanOrEqual(HOUR_MS);
    expect(await client.pttl(`bull:{${queueName}}:some-job:lock`)).toBeGreaterThan(0);
    await view.moveBy(HOUR_MS);
    expect(await client.exists(`bull:{${queueName}}:de:once`)).toBe(0);
  });

  test('keeps the times by which a job scheduler names its iterations', async ({ plain, view }) => {
    await plain.upsertJobScheduler('often', { every: HOUR_MS, startDate: Date.now() + HOUR_MS }, { name: 'greet' });
    const [before] = await plain.getJobSchedulers();
    expect(await view.work()).toMatchObject({ ready: 0, delayed: 0, nextOwnInMs: null });
    expect(await view.moveBy(HOUR_MS)).toMatchObject({ ready: 1, delayed: 0 });
    const [after] = await plain.getJobSchedulers();
    expect(after?.next).toBe(before?.next);
    expect(await view.work()).toMatchObject({ ready: 1 });
    await plain.removeJobScheduler('often');
  });
});
