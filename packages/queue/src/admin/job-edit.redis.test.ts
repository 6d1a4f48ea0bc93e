import { Queue } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { JsonText } from '../json.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { OptionError, PayloadInvalidError, TooLargeError } from '../job/errors/index.ts';
import { connectProducer } from '../put/connect-producer.ts';
import type { Producer } from '../put/producer.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import type { Admin } from './admin.ts';
import { connectAdmin } from './connect-admin.ts';

const step = defineJob({
  name: 'step',
  version: 3,
  payload: z.object({ n: z.int() }),
  result: z.null(),
  upcasts: { 1: (old) => old, 2: (old) => old },
});
const queueOf = (name: string) => defineQueue({ name, jobs: [step], capacity: 50 });

interface Fixtures {
  producer: Producer<ReturnType<typeof queueOf>>;
  /** Has the definition. */
  admin: Admin;
  client: Redis;
  key: (name: string) => string;
}

const test = redisTest.extend<Fixtures>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await use(producer);
  },
  admin: async ({ redis, queueName }, use) => {
    await using admin = await connectAdmin(queueOf(queueName), { redis: redis.url });
    await use(admin);
  },
  client: async ({ redis }, use) => use(await redis.client()),
  key: async ({ queueName }, use) => use((name) => `bull:{${queueName}}:${name}`),
});

async function order(admin: Admin): Promise<string[]> {
  return (await admin.jobs({ state: 'waiting' })).jobs.map(({ id }) => id);
}

describe('an edit', () => {
  test('changes the payload where the job stands, and leaves its id as it was', async ({
    admin,
    producer,
    client,
    key,
  }) => {
    for (const id of ['a', 'b', 'c']) await producer.put(step, { n: 1 }, { id });
    expect(await admin.edit('b', { payload: { n: 2 } })).toBe('edited');
    expect(await admin.find('b')).toMatchObject({ payload: { n: 2 }, state: 'waiting' });
    expect(await order(admin)).toEqual(['a', 'b', 'c']);
    expect(await producer.put(step, { n: 1 }, { id: 'b' })).toMatchObject({ status: 'duplicate' });
    await expect(producer.put(step, { n: 2 }, { id: 'b' })).rejects.toMatchObject({ code: 'SLUICE_PUT_CONFLICT' });
    const { sluice } = JSON.parse((await client.hget(key('k.b'), 'opts')) ?? '');
    expect(sluice).toMatchObject({ v: 3, d: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  test('refuses a payload that the contract refuses, or that none can check', async ({
    admin,
    producer,
    redis,
    queueName,
  }) => {
    await producer.put(step, { n: 1 }, { id: 'a' });
    await expect(admin.edit('a', { payload: { n: 'x' } })).rejects.toThrow(PayloadInvalidError);
    await using byName = await connectAdmin({ name: queueName }, { redis: redis.url });
    await expect(byName.edit('a', { payload: { n: 2 } })).rejects.toThrow(/no contract step is at hand/);
    await expect(byName.edit('a', { payload: 'x'.repeat(300_000), unchecked: true })).rejects.toThrow(TooLargeError);
    expect(await byName.edit('a', { payload: new JsonText('{"n": 12345678901234567890}'), unchecked: true })).toBe(
      'edited',
    );
    const { jobs } = await byName.jobs({ payload: { n: 12_345_678_901_234_567_890n } });
    expect(jobs).toMatchObject([{ id: 'a' }]);
  });

  test('changes the priority, and puts the job behind those that have it', async ({ admin, producer }) => {
    for (const id of ['a', 'b', 'c']) await producer.put(step, { n: 1 }, { id });
    await producer.put(step, { n: 1 }, { id: 'p', priority: 5 });
    expect(await admin.edit('b', { priority: 5 })).toBe('edited');
    expect(await order(admin)).toEqual(['a', 'c', 'p', 'b']);
    expect(await admin.edit('p', { priority: 5 })).toBe('edited');
    expect(await order(admin)).toEqual(['a', 'c', 'p', 'b']);
    expect(await admin.edit('b', { priority: null })).toBe('edited');
    expect(await order(admin)).toEqual(['a', 'c', 'b', 'p']);
    expect(await admin.find('b')).toMatchObject({ priority: null });
    expect(await admin.stats()).toMatchObject({ depth: 4, waiting: 3, prioritized: 1 });
  });

  test('delays a job that waits, and lets a delayed one start', async ({ admin, producer }) => {
    for (const id of ['a', 'b']) await producer.put(step, { n: 1 }, { id });
    await producer.put(step, { n: 1 }, { id: 'later', delayMs: 3_600_000, priority: 3 });
    expect(await admin.edit('a', { delayMs: 60_000, payload: { n: 7 } })).toBe('edited');
    const delayed = await admin.find('a');
    expect(delayed).toMatchObject({ state: 'delayed', payload: { n: 7 } });
    expect(Math.abs((delayed?.dueAt ?? 0) - Date.now() - 60_000)).toBeLessThan(30_000);
    expect(await admin.edit('later', { delayMs: 0 })).toBe('edited');
    expect((await admin.find('later'))?.dueAt).toBeLessThanOrEqual(Date.now() + 30_000);
    expect(await admin.stats()).toMatchObject({ depth: 3, waiting: 1, delayed: 2 });
  });

  test('keeps a job that a limit holds back where the limit looks for it', async ({ admin, producer, client, key }) => {
    await producer.put(step, { n: 1 }, { id: 'a', delayMs: 60_000 });
    await client.zadd(key('sluice:parked:step'), 1, 'k.a');
    expect(await admin.edit('a', { priority: 7, delayMs: 0 })).toBe('edited');
    expect(Number(await client.zscore(key('sluice:parked:step'), 'k.a'))).toBeGreaterThanOrEqual(7 * 2 ** 32);
    expect(await admin.edit('a', { delayMs: 90_000 })).toBe('edited');
    expect(await client.zscore(key('sluice:parked:step'), 'k.a')).toBeNull();
    expect(await admin.stats()).toMatchObject({ depth: 1, delayed: 1 });
  });

  test('sets and takes away the expiry, and leaves all other options as they are written', async ({
    admin,
    producer,
    client,
    key,
  }) => {
    await producer.put(step, { n: 1 }, { id: 'a' });
    const before = await client.hget(key('k.a'), 'opts');
    const expiresAt = Date.now() + 3_600_000;
    expect(await admin.edit('a', { expiresAt })).toBe('edited');
    expect(Math.abs(((await admin.find('a'))?.expiresAt ?? 0) - expiresAt)).toBeLessThan(30_000);
    expect(await admin.edit('a', { expiresAt: new Date(expiresAt + 60_000) })).toBe('edited');
    expect(await admin.edit('a', { expiresAt: null })).toBe('edited');
    expect(await client.hget(key('k.a'), 'opts')).toBe(before);
  });

  test('leaves what runs, has ended, is gone or must keep its place', async ({
    admin,
    producer,
    client,
    key,
    redis,
    queueName,
  }) => {
    await producer.put(step, { n: 1 }, { id: 's' });
    await client.zadd(key('sluice:crash-suspects'), 1, 'k.s');
    expect(await admin.edit('s', { priority: 1 })).toBe('suspect');
    expect(await admin.edit('s', { payload: { n: 2 } })).toBe('edited');
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await queue.add('step', { n: 1 }, { jobId: 'plain', deduplication: { id: 'x' } });
    expect(await admin.edit('plain', { expiresAt: Date.now() + 60_000 })).toBe('foreign');
    expect(await admin.edit('plain', { delayMs: 5 })).toBe('deduplicated');
    await queue.upsertJobScheduler('every', { every: 3_600_000 }, { name: 'step', data: { n: 1 } });
    const [iteration] = (await queue.getJobs(['delayed', 'waiting'])).filter(({ id }) => id?.startsWith('repeat:'));
    await queue.close();
    expect(await admin.edit(iteration?.id ?? '', { priority: 1 })).toBe('scheduled');
    await client.lmove(key('wait'), key('active'), 'RIGHT', 'LEFT');
    await client.hset(key('k.s'), { processedOn: '5' });
    expect(await admin.edit('s', { priority: 1 })).toBe('active');
    await client.hset(key('k.s'), { finishedOn: '6' });
    expect(await admin.edit('s', { priority: 1 })).toBe('ended');
    for (const id of ['none', 'wait', 'meta']) expect(await admin.edit(id, { priority: 1 })).toBe('unknown');
  });

  test.for([[{}], [{ unchecked: true }], [{ priority: 0 }], [{ delayMs: -1 }], [{ expiresAt: 5 }], [{ prio: 1 }]])(
    'refuses %j',
    async ([changes], { admin }) => {
      await expect(admin.edit('a', changes as never)).rejects.toThrow(OptionError);
    },
  );
});
