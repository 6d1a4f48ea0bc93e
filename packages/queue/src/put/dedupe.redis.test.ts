import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { Dedupe } from '../job/dedupe.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { createBoundedBackend } from '../store/backend/create-bounded-backend.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';

const sync = defineJob({
  name: 'sync',
  payload: z.int(),
  result: z.int(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 0 } },
});
const other = defineJob({ name: 'other', payload: z.int(), result: z.int() });
const queueOf = (name: string) => defineQueue({ name, jobs: [sync, other], capacity: 2 });

const HOUR_MS = 3_600_000;
const first: Dedupe = { key: 'user:7', mode: 'first' };
const throttle: Dedupe = { key: 'user:7', mode: 'throttle', forMs: HOUR_MS };
const debounce: Dedupe = { key: 'user:7', mode: 'debounce', forMs: HOUR_MS };
const latest: Dedupe = { key: 'user:7', mode: 'latest' };

interface Fixtures {
  producer: Producer<ReturnType<typeof queueOf>>;
  consumer: Consumer<ReturnType<typeof queueOf>>;
  /** Takes jobs by hand, on our backend. */
  take: () => Promise<Taken>;
  plain: Queue;
  client: Redis;
  /** The key of BullMQ's that holds which job has the deduplication key. */
  ownerKey: string;
}

interface Taken {
  readonly id: string;
  readonly payload: unknown;
  done(result: number): Promise<unknown>;
  fail(): Promise<unknown>;
}

const test = redisTest.extend<Fixtures>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await use(producer);
  },
  consumer: async ({ redis, queueName }, use) => {
    await using consumer = await connectConsumer(queueOf(queueName), { redis: redis.url });
    await use(consumer);
  },
  take: async ({ redis, queueName }, use) => {
    const options = { connection: connectionOf(redis.url), autorun: false, drainDelay: 0.1 };
    const worker = new Worker(`{${queueName}}`, null, options, createBoundedBackend({ capacity: 2 }));
    await use(async () => {
      const job = await worker.getNextJob('token');
      if (!job) throw new Error('there is nothing to take');
      return {
        id: String(job.id),
        payload: job.data,
        done: (result) => job.moveToCompleted(result, 'token', false),
        fail: () => job.moveToFailed(new Error('again'), 'token', false),
      };
    });
    await worker.close();
  },
  plain: async ({ redis, queueName }, use) => {
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await use(queue);
    await queue.close();
  },
  client: async ({ redis }, use) => use(await redis.client()),
  ownerKey: async ({ plain }, use) => use(plain.toKey('de:sync:user:7')),
});

describe('puts with one deduplication key', () => {
  test.for([first, throttle, latest])(
    'are one job with the mode $mode, also in one call and in a full queue',
    async (dedupe, { producer }) => {
      const receipts = await Promise.all([1, 2, 3].map((n) => producer.put(sync, n, { dedupe })));
      const [created, ...joined] = receipts;
      expect(created?.status).toBe('created');
      for (const { status, id, depth } of joined) expect([status, id, depth]).toEqual(['deduplicated', created?.id, 1]);
      await producer.put(other, 0);
      expect(await producer.tryPut(sync, 4, { dedupe })).toMatchObject({
        status: 'deduplicated',
        id: created?.id,
        depth: 2,
      });
      expect((await producer.stats()).depth).toBe(2);
    },
  );

  test('are those of one contract', async ({ producer }) => {
    expect((await producer.put(sync, 1, { dedupe: first })).status).toBe('created');
    expect((await producer.put(other, 1, { dedupe: first })).status).toBe('created');
  });

  test('are a duplicate first where their id is known', async ({ producer }) => {
    await producer.put(sync, 1, { id: 'a' });
    expect(await producer.put(sync, 1, { id: 'a', dedupe: first })).toMatchObject({ status: 'duplicate', id: 'a' });
    await producer.put(sync, 2, { id: 'b', dedupe: first });
    expect(await producer.put(sync, 3, { id: 'c', dedupe: first })).toMatchObject({ status: 'deduplicated', id: 'b' });
    expect(await producer.find('c')).toBeNull();
  });

  test('await the result of the one job, and end with it', async ({ producer, consumer }) => {
    const receipts = [await producer.put(sync, 1, { dedupe: first }), await producer.put(sync, 2, { dedupe: first })];
    await using lease = await consumer.take();
    expect(lease?.payload).toBe(1);
    await lease?.ack(10);
    for (const receipt of receipts) expect(await producer.result(receipt)).toBe(10);
    expect((await producer.put(sync, 3, { dedupe: first })).status).toBe('created');
  });

  test('resolve while they wait for capacity, once another has the key', async ({ producer, take }) => {
    await producer.put(other, 1);
    await producer.put(other, 2);
    const waiting = [producer.put(sync, 1, { dedupe: first }), producer.put(sync, 2, { dedupe: first })];
    await expect.poll(async () => (await producer.stats()).waitingPuts).toBe(2);
    const lease = await take();
    await lease.done(0);
    const [created, joined] = await Promise.all(waiting);
    expect([created?.status, joined?.status, joined?.id]).toEqual(['created', 'deduplicated', created?.id]);
  });
});

describe('a throttled key', () => {
  test('lasts for its time from the first put, though its job has ended', async ({
    producer,
    take,
    client,
    ownerKey,
  }) => {
    const { id } = await producer.put(sync, 1, { dedupe: throttle });
    const lease = await take();
    await lease.done(1);
    expect(await producer.put(sync, 2, { dedupe: throttle })).toMatchObject({ status: 'deduplicated', id });
    const leftMs = await client.pttl(ownerKey);
    expect(leftMs).toBeGreaterThan(HOUR_MS - 60_000);
    expect(leftMs).toBeLessThanOrEqual(HOUR_MS);
    await client.del(ownerKey); // as when its time is over
    expect((await producer.put(sync, 2, { dedupe: throttle })).status).toBe('created');
  });
});

describe('a debounced key', () => {
  test('gives the job the last payload, and starts its delay anew', async ({ producer, plain, client, ownerKey }) => {
    const { id } = await producer.put(sync, 1, { dedupe: debounce });
    const key = plain.toKey(id);
    const before = Number(await client.zscore(plain.toKey('delayed'), id));
    await client.pexpire(ownerKey, 60_000);
    const again = await producer.put(sync, 2, { dedupe: { ...debounce, forMs: 2 * HOUR_MS } });
    expect(again).toMatchObject({ status: 'deduplicated', id, depth: 1 });
    expect(await client.hmget(key, 'data', 'delay')).toEqual(['2', String(2 * HOUR_MS)]);
    const movedByMs = (Number(await client.zscore(plain.toKey('delayed'), id)) - before) / 0x1000;
    expect(movedByMs).toBeGreaterThan(HOUR_MS - 1_000);
    expect(await client.pttl(ownerKey)).toBeGreaterThan(2 * HOUR_MS - 60_000);
  });

  test('loses no payload: what comes when the job is due is a job of its own', async ({ producer, plain }) => {
    const due = await producer.put(sync, 1, { dedupe: debounce });
    await (await plain.getJob(due.id))?.promote();
    const next = await producer.put(sync, 2, { dedupe: debounce });
    expect(next.status).toBe('created');
    expect(await producer.put(sync, 3, { dedupe: debounce })).toMatchObject({ status: 'deduplicated', id: next.id });
    expect((await producer.stats()).depth).toBe(2);
    // That one needs capacity, as any job does.
    await (await plain.getJob(next.id))?.promote();
    await expect(producer.tryPut(sync, 4, { dedupe: debounce })).rejects.toMatchObject({ reason: 'capacity' });
  });
});

describe('the latest payload of a key', () => {
  test('is that of the job until it is started', async ({ producer, take }) => {
    await producer.put(sync, 1, { dedupe: latest, id: 'a' });
    await producer.put(sync, 2, { dedupe: latest, id: 'b', timeoutMs: 5_000 });
    // The id stands for what was first put with it.
    expect((await producer.put(sync, 1, { dedupe: latest, id: 'a' })).status).toBe('duplicate');
    const lease = await take();
    expect([lease.id, lease.payload]).toEqual(['k.a', 2]);
    await lease.done(2);
    expect(await producer.dedupe.find(sync, 'user:7')).toBeNull();
  });

  test('becomes one job of its own when the one that runs has ended, in its place', async ({
    producer,
    take,
    client,
    ownerKey,
  }) => {
    await producer.put(sync, 1, { dedupe: latest, id: 'a' });
    await producer.put(other, 0);
    const running = await take();
    const second = await producer.put(sync, 2, { dedupe: latest, id: 'b' });
    const third = await producer.tryPut(sync, 3, { dedupe: latest, id: 'c' });
    for (const receipt of [second, third])
      expect(receipt).toMatchObject({ status: 'deduplicated', id: 'a', next: 'b', depth: 2 });
    expect(await producer.dedupe.find(sync, 'user:7')).toEqual({ id: 'a', endsInMs: null, next: 'b' });
    const result = producer.result(third);
    await running.done(10);
    expect(await client.get(ownerKey)).toBe('k.b');
    expect((await producer.stats()).depth).toBe(2);
    await take();
    const next = await take();
    expect([next.id, next.payload]).toEqual(['k.b', 3]);
    await next.done(30);
    expect(await result).toBe(30);
  });

  test('waits behind a job that is tried again, and comes after it', async ({ producer, take }) => {
    await producer.put(sync, 1, { dedupe: latest, id: 'a' });
    const attempt = await take();
    await attempt.fail();
    expect(await producer.put(sync, 2, { dedupe: latest })).toMatchObject({ id: 'a', next: expect.any(String) });
    const again = await take();
    expect([again.id, again.payload]).toEqual(['k.a', 1]);
    await again.done(1);
    const next = await take();
    expect(next.payload).toBe(2);
  });
});

describe('a deduplication key', () => {
  test('ends early by hand, and its job goes on', async ({ producer, take, plain }) => {
    const { id } = await producer.put(sync, 1, { dedupe: first });
    expect(await plain.getDeduplicationJobId('sync:user:7')).toBe(id); // so BullMQ's tools see it
    expect(await producer.dedupe.find('sync', 'user:7')).toEqual({ id, endsInMs: null, next: null });
    expect(await producer.dedupe.remove(sync, 'user:7')).toBe(true);
    expect(await producer.dedupe.remove(sync, 'user:7')).toBe(false);
    expect((await producer.put(sync, 2, { dedupe: first })).status).toBe('created');
    const lease = await take();
    expect(lease.payload).toBe(1);
    await expect(producer.dedupe.remove(sync, '')).rejects.toThrow('key must be a string of 1 to 200 bytes');
  });

  test('changes nothing of a sealed queue', async ({ producer }) => {
    await producer.put(sync, 1, { dedupe: latest });
    await producer.seal();
    await expect(producer.put(sync, 2, { dedupe: latest })).rejects.toThrow('it is sealed');
    expect((await producer.put(sync, 2, { dedupe: first })).status).toBe('deduplicated');
  });

  test('may be that of each of many payloads', async ({ producer }) => {
    const statuses: string[] = [];
    const options = { dedupe: (n: number): Dedupe => ({ key: `${n % 2}`, mode: 'first' }) };
    for await (const { status } of producer.putMany(sync, [1, 2, 3, 4], options)) statuses.push(status);
    expect(statuses).toEqual(['created', 'created', 'deduplicated', 'deduplicated']);
  });
});

describe('a job that is put to the front', () => {
  test('is taken before all that wait, and waits for capacity behind all that wait for it', async ({
    producer,
    take,
  }) => {
    await producer.put(sync, 1);
    await producer.put(sync, 2);
    const late = producer.put(sync, 3, { lifo: true });
    const ahead = producer.put(sync, 4);
    const one = await take();
    expect(one.payload).toBe(1);
    await one.done(1);
    await late;
    expect((await producer.stats()).waitingPuts).toBe(1); // the one behind did not overtake
    const two = await take();
    expect(two.payload).toBe(3);
    await two.done(3);
    await ahead;
  });
});
