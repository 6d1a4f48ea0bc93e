import { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import { flakyProxy, type FlakyProxy, isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { QueueFullError } from '../job/errors/index.ts';
import { createBoundedBackend } from '../store/backend/create-bounded-backend.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';
import type { PutOptions } from './put-options.ts';

const count = defineJob({ name: 'count', payload: z.int(), result: z.null() });
const queueOf = (name: string, capacity: number) => defineQueue({ name, jobs: [count], capacity });
type CountQueue = ReturnType<typeof queueOf>;

interface Kit {
  queue: CountQueue;
  /** Another producer of the queue; closed with the test. */
  producer(url?: string, options?: { unavailableMs?: number }): Promise<Producer<CountQueue>>;
  /** The same queue for a plain BullMQ client on the bounded backend. */
  plain: Queue;
  /** Removes the oldest waiting job. */
  free(): Promise<void>;
}

function kitOf(capacity: number) {
  return async (
    { redis, queueName }: { redis: { url: string }; queueName: string },
    use: (kit: Kit) => Promise<void>,
  ): Promise<void> => {
    const queue = queueOf(queueName, capacity);
    const plain = new Queue(
      `{${queueName}}`,
      { connection: connectionOf(redis.url) },
      createBoundedBackend({ capacity }),
    );
    const producers: Producer<CountQueue>[] = [];
    await use({
      queue,
      plain,
      producer: async (url = redis.url, options: { unavailableMs?: number } = {}) => {
        const producer = await connectProducer(queue, { redis: url, ...options });
        producers.push(producer);
        return producer;
      },
      free: async () => {
        const oldest = (await plain.getWaiting(0, 0))[0];
        await oldest?.remove();
      },
    });
    await Promise.all(producers.map((producer) => producer.close()));
    await plain.close();
  };
}

async function untilWaiting(producer: Producer<CountQueue>, puts: number): Promise<void> {
  await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: puts });
}

/** What is usual: a busy machine is late with some of five, and what should not happen at all is not usual. */
async function medianOfFive(measure: () => Promise<number>): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < 5; time += 1) taken.push(await measure());
  return taken.toSorted((a, b) => a - b)[2] ?? Infinity;
}

const single = redisTest.extend<{ kit: Kit }>({ kit: kitOf(1) });
const spacious = redisTest.extend<{ kit: Kit }>({ kit: kitOf(1_000) });
const triple = redisTest.extend<{ kit: Kit }>({ kit: kitOf(3) });

describe('the waiter queue', () => {
  spacious('shares many puts out to two calls, so that this process works while Redis does', async ({ kit, redis }) => {
    const producer = await kit.producer();
    await Promise.all([producer.put(count, 0), producer.put(count, 0)]); // from now on Redis knows the script
    const client = await redis.client();
    await client.config('RESETSTAT');
    await Promise.all(Array.from({ length: 100 }, (_, n) => producer.put(count, n)));
    expect(await client.info('commandstats')).toContain('cmdstat_evalsha:calls=2,');
  });

  single('admits in the order of arrival, across producers', async ({ kit }) => {
    const first = await kit.producer();
    await first.put(count, 0);
    const order: number[] = [];
    const puts: Promise<unknown>[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const producer = await kit.producer();
      puts.push(producer.put(count, n).then(() => order.push(n)));
      await untilWaiting(producer, 1);
    }
    for (let left = 5; left > 0; left -= 1) {
      await kit.free();
      await vi.waitFor(() => expect(order).toHaveLength(6 - left));
    }
    await Promise.all(puts);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  single('is woken at once when there is capacity, wherever it comes from', async ({ kit }) => {
    const [waiting, other] = [await kit.producer(), await kit.producer()];
    await other.put(count, 0);
    const tookMs = await medianOfFive(async () => {
      const put = waiting.put(count, 1);
      await untilWaiting(waiting, 1);
      const freedAt = performance.now();
      await kit.free();
      await put;
      return performance.now() - freedAt;
    });
    expect(tookMs).toBeLessThan(200);
  });

  triple('is woken also further back, when there is enough', async ({ kit }) => {
    const producers = [await kit.producer(), await kit.producer(), await kit.producer()];
    const [first] = producers;
    for (const n of [1, 2, 3]) await first?.put(count, n);
    const tookMs = await medianOfFive(async () => {
      const puts = producers.map((producer, n) => producer.put(count, 10 + n));
      for (const producer of producers) await untilWaiting(producer, 1);
      const freedAt = performance.now();
      await kit.plain.drain();
      await Promise.all(puts);
      return performance.now() - freedAt;
    });
    expect(tookMs).toBeLessThan(300); // without a wake-up they look once in 800 ms, each in its own time
  });

  triple('lets a ticket go that was called off, and the next one in', async ({ kit }) => {
    const [first, second, third] = [await kit.producer(), await kit.producer(), await kit.producer()];
    for (const n of [1, 2, 3]) await first.put(count, n);
    const leaving = new AbortController();
    const left = first.put(count, 4, { signal: leaving.signal });
    await untilWaiting(first, 1);
    const impatient = expect(second.put(count, 5, { waitMs: 1_000 })).rejects.toThrow(QueueFullError);
    await untilWaiting(second, 1);
    const waitingPut = third.put(count, 6);
    await untilWaiting(third, 1);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await impatient;
    const freedAt = performance.now();
    await kit.free();
    expect(await waitingPut).toMatchObject({ status: 'created', depth: 3 });
    expect(performance.now() - freedAt).toBeLessThan(1_500); // a dead ticket would have held it up for three seconds
  });

  triple('keeps nothing in Redis once no put waits', async ({ kit, redis, queueName }) => {
    const producer = await kit.producer();
    const puts = [1, 2, 3, 4, 5].map((n) => producer.put(count, n));
    await untilWaiting(producer, 2);
    await kit.free();
    await kit.free();
    await Promise.all(puts);
    const client = await redis.client();
    expect(await client.exists(`bull:{${queueName}}:sluice:waiters`, `bull:{${queueName}}:sluice:tickets`)).toBe(0);
  });

  triple('lets no put wait when it is full itself', async ({ kit, redis, queueName }) => {
    const producer = await kit.producer();
    for (const n of [1, 2, 3]) await producer.put(count, n);
    const client = await redis.client();
    const base = `bull:{${queueName}}:sluice`;
    const later = Date.now() + 60_000;
    const tickets = Array.from({ length: 1_000 }, (_, n) => `many:${n}`);
    await client.zadd(`${base}:waiters`, ...tickets.flatMap((ticket, n) => [n, ticket]));
    await client.hset(`${base}:tickets`, ...tickets.flatMap((ticket) => [ticket, `1 ${later}`]));
    await expect(producer.put(count, 4)).rejects.toMatchObject({
      code: 'SLUICE_QUEUE_FULL',
      reason: 'too-many-waiters',
    });
  });

  redisTest.extend<{ kit: Kit }>({ kit: kitOf(10) })(
    'gives a single put its turn after one chunk of a huge bulk',
    async ({ kit, redis }) => {
      const [bulk, lone] = [await kit.producer(), await kit.producer()];
      let admitted = 0;
      const bulking = (async () => {
        for await (const _ of bulk.putMany(
          count,
          Array.from({ length: 300 }, (__, n) => n),
        ))
          admitted += 1;
      })();
      await untilWaiting(bulk, 100);
      const handler = defineHandler(count, () => null);
      await using pool = createWorkerPool(kit.queue, { count: handler }, { redis: redis.url, concurrency: 2 });
      const put = lone.put(count, -1);
      await untilWaiting(lone, 1);
      await pool.start();
      await put;
      // Ten that were in, the chunk that stood before, and what was admitted while the answers were on their way.
      expect(admitted).toBeLessThanOrEqual(60);
      await bulking;
      expect(admitted).toBe(300);
    },
  );
});

describe('capacity that is allotted', () => {
  const test = isolatedRedisTest.extend<{ kit: Kit }>({ kit: kitOf(2) });

  /** Of a producer that gives up no call while it is silent, however late the machine is. */
  const patient = { unavailableMs: 30_000 };

  /**
   * Fills the queue and leaves a put of the silent producer waiting, behind a proxy that passes nothing on any more. The silent one also
   * adds the first job: then Redis knows its script, and no look of it is so long that Redis is still reading it when capacity is freed.
   */
  async function fallSilent(silent: Producer<CountQueue>, proxy: FlakyProxy, options: PutOptions = {}) {
    await silent.put(count, 1);
    await silent.put(count, 2);
    const put = silent.put(count, 3, options);
    await untilWaiting(silent, 1);
    proxy.stall();
    return { put };
  }

  /** Says until when the tickets of the queue live, so that a machine that is late proves nothing. */
  async function endTickets(kit: Kit, client: Redis | Cluster, endsAtMs: number): Promise<void> {
    const key = kit.plain.toKey('sluice:tickets');
    const tickets = Object.entries(await client.hgetall(key));
    expect(tickets).toHaveLength(1);
    for (const [ticket, life] of tickets) await client.hset(key, ticket, life.replace(/ \d+$/, ` ${endsAtMs}`));
  }

  test('is taken by no other put, until its producer is gone for good', async ({ kit, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const [silent, other] = [await kit.producer(proxy.url), await kit.producer()];
    const { put } = await fallSilent(silent, proxy);
    const ended = put.catch(() => 'never');
    await kit.free();
    const client = await redis.client();
    await endTickets(kit, client, Date.now() + 60_000);
    await expect(other.tryPut(count, 4)).rejects.toMatchObject({ reason: 'capacity', depth: 1, capacity: 2 });
    await expect(kit.plain.add('count', 5)).rejects.toThrow(QueueFullError);
    await endTickets(kit, client, Date.now());
    expect(await other.put(count, 6)).toMatchObject({ status: 'created', depth: 2 });
    await proxy.close();
    expect(await ended).toBe('never');
  });

  test('is not passed by who will not wait, even if there is more than is promised', async ({ kit, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const [silent, other] = [await kit.producer(proxy.url, patient), await kit.producer()];
    const { put } = await fallSilent(silent, proxy);
    await kit.plain.drain();
    const client = await redis.client();
    await endTickets(kit, client, Date.now() + 60_000);
    await expect(other.tryPut(count, 4)).rejects.toMatchObject({ reason: 'capacity', depth: 0, capacity: 2 });
    await expect(kit.plain.add('count', 5)).rejects.toThrow(QueueFullError);
    await endTickets(kit, client, Date.now());
    expect(await other.put(count, 6)).toMatchObject({ status: 'created', depth: 1 }); // behind what is promised
    await proxy.restore();
    expect(await put).toMatchObject({ status: 'created', depth: 2 });
  });

  test('is given again to a producer that comes back, and its job is added once', async ({ kit, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const [stopped, other] = [await kit.producer(proxy.url, patient), await kit.producer()];
    const { put: late } = await fallSilent(stopped, proxy, { id: 'late' });
    await kit.free();
    await other.put(count, 4); // waits until the silent ticket is dead
    await proxy.restore();
    await kit.free();
    expect(await late).toMatchObject({ id: 'late', status: 'created' });
    expect(await other.stats()).toMatchObject({ depth: 2, waitingPuts: 0 });
    expect(await other.put(count, 3, { id: 'late' })).toMatchObject({ status: 'duplicate' });
  });
});
