import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { addressOf, isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { sluiceKeys } from '../store/keys/queue-keys.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';

const count = defineJob({ name: 'count', payload: z.int(), result: z.null() });
const queueOf = (name: string) => defineQueue({ name, jobs: [count], capacity: 2 });
type CountProducer = Producer<ReturnType<typeof queueOf>>;

interface Kit {
  /** A producer of a queue that holds two jobs. */
  producer: CountProducer;
  /** BullMQ's own client: what it frees wakes nobody. */
  plain: Queue;
  /** Another producer's ticket, for one put, that looks for capacity no more. Says whether it was woken. */
  standBehind(arrival?: number): Promise<() => Promise<boolean>>;
  /** A ticket before all others, whose producer is gone. */
  standDeadInFront(): Promise<void>;
}

async function stand(client: Redis, base: string, ticket: { name: string; arrival: number; endsAt: number }) {
  await client.zadd(`${base}${sluiceKeys.waiters}`, ticket.arrival, ticket.name);
  await client.hset(`${base}${sluiceKeys.tickets}`, ticket.name, `1 ${ticket.endsAt}`);
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName }, use) => {
    const client = await redis.client();
    const base = `bull:{${queueName}}:`;
    const plain = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    const producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    for (const n of [1, 2]) await producer.put(count, n, { id: `j${n}` });
    const standBehind = async (arrival = 2 ** 52) => {
      await stand(client, base, { name: 'somebody:1', arrival, endsAt: Date.now() + 600_000 });
      return async () => (await client.exists(`${base}${sluiceKeys.wake}somebody`)) === 1;
    };
    const standDeadInFront = () => stand(client, base, { name: 'gone:1', arrival: 1, endsAt: 1 });
    await use({ producer, plain, standBehind, standDeadInFront });
    await producer.close();
    await plain.close();
  },
});

async function untilWaiting(producer: CountProducer): Promise<void> {
  await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
}

describe('the next waiter is woken by the ticket before it', () => {
  test('when that got its capacity, though nothing is free', async ({ kit: { producer, plain, standBehind } }) => {
    const put = producer.put(count, 3, { waitMs: Infinity });
    await untilWaiting(producer);
    const isWoken = await standBehind();
    expect(await isWoken()).toBe(false);
    await plain.remove('k.j1');
    expect(await put).toMatchObject({ status: 'created', depth: 2 });
    expect(await isWoken()).toBe(true);
  });

  test('when that was called off', async ({ kit: { producer, standBehind } }) => {
    const leaving = new AbortController();
    const put = producer.put(count, 3, { waitMs: Infinity, signal: leaving.signal });
    await untilWaiting(producer);
    const isWoken = await standBehind();
    leaving.abort(new Error('gone'));
    await expect(put).rejects.toThrow('gone');
    await expect.poll(isWoken).toBe(true);
  });

  test('when that waited long enough', async ({ kit: { producer, standBehind } }) => {
    const isWoken = await standBehind();
    await expect(producer.put(count, 3, { waitMs: 100 })).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL' });
    await expect.poll(isWoken).toBe(true);
  });

  test('when its producer is gone', async ({ kit: { producer, standBehind, standDeadInFront } }) => {
    const isWoken = await standBehind(2);
    await standDeadInFront();
    await expect(producer.tryPut(count, 3)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL' });
    expect(await isWoken()).toBe(true);
  });

  test('and not by one that is not before it', async ({ kit: { producer, standBehind } }) => {
    const isWoken = await standBehind(2);
    const put = producer.put(count, 3, { waitMs: 100 });
    await expect(put).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL' });
    await producer.close();
    expect(await isWoken()).toBe(false);
  });
});

/** So many puts of each of three producers pass through a queue of two that a worker of plain BullMQ drains. */
async function passInTurn(producers: readonly CountProducer[], url: string, queueName: string): Promise<void> {
  const worker = new Worker(`{${queueName}}`, async () => null, { connection: connectionOf(url), concurrency: 2 });
  const puts = producers.flatMap((producer) =>
    Array.from({ length: 60 }, (_, n) => producer.put(count, n, { waitMs: Infinity })),
  );
  await Promise.all(puts);
  await worker.close();
}

describe('producers whose queue is drained by plain BullMQ', () => {
  // Each of the 90 tickets used to take the next one half a second.
  redisTest('take turns without a pause', async ({ redis, queueName }) => {
    const connect = () => connectProducer(queueOf(queueName), { redis: redis.url });
    const producers = await Promise.all([connect(), connect(), connect()]);
    await passInTurn(producers, redis.url, queueName);
    await Promise.all(producers.map((producer) => producer.close()));
  });

  const deaf = isolatedRedisTest.extend({ serverOptions: { persistent: false } });
  deaf('do so also where wake-ups do not arrive', async ({ redis, queueName, skip }) => {
    skip(redis.isCluster, 'changes the users of one server');
    const admin = await redis.client();
    await admin.acl('SETUSER', 'deaf', 'on', '>secret', '~*', '&*', '+@all', '-xread');
    const access = { username: 'deaf', password: 'secret' };
    const connection = { ...addressOf(redis.url), ...access };
    const connect = () => connectProducer(queueOf(queueName), { redis: connection });
    const producers = await Promise.all([connect(), connect(), connect()]);
    await passInTurn(producers, redis.url, queueName);
    await Promise.all(producers.map((producer) => producer.close()));
  });
});
