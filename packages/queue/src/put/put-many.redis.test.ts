import { Queue } from 'bullmq';
import { setImmediate as turn } from 'node:timers/promises';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { QueueClosedError } from '../job/errors/index.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';
import type { Receipt } from './pending-put.ts';

const plain = defineJob({ name: 'plain', payload: z.int(), result: z.null() });
/** The later its payload, the sooner it is checked. */
const uneven = defineJob({
  name: 'uneven',
  payload: z.int().refine(async (n) => {
    for (let turns = n; turns < 20; turns += 1) await turn();
    return true;
  }),
  result: z.null(),
});
const queueOf = (name: string, capacity: number) => defineQueue({ name, jobs: [plain, uneven], capacity });
type TestProducer = Producer<ReturnType<typeof queueOf>>;

const off = new Error('called off');

const test = redisTest.extend<{ capacity: number; producer: TestProducer; puts: () => Promise<unknown[]> }>({
  capacity: 1_000,
  producer: async ({ redis, queueName, capacity }, use) => {
    await using producer = await connectProducer(queueOf(queueName, capacity), { redis: redis.url });
    await use(producer);
  },
  /** Payloads that are in the queue, in their order. */
  puts: async ({ redis, queueName }, use) => {
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await use(async () => (await queue.getWaiting()).map(({ data }) => data as unknown));
    await queue.close();
  },
});

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

async function readAll(receipts: AsyncIterable<Receipt>): Promise<{ ids: string[]; error: unknown }> {
  const ids: string[] = [];
  try {
    for await (const { id } of receipts) ids.push(id);
  } catch (error) {
    return { ids, error };
  }
  return { ids, error: null };
}

describe('the order of payloads whose schema takes its time', () => {
  const inOrder = async (puts: () => Promise<unknown[]>): Promise<void> => {
    await expect.poll(puts).toHaveLength(20);
    expect(await puts()).toEqual(upTo(20));
  };

  test('is kept by putMany', async ({ producer, puts }) => {
    await readAll(producer.putMany(uneven, upTo(20)));
    await inOrder(puts);
  });

  test('is kept by map', async ({ producer, puts }) => {
    const stream = producer.map(uneven, upTo(20));
    const first = stream.next();
    await inOrder(puts);
    await stream.return();
    expect(await first).toEqual({ value: undefined, done: true });
  });

  test('is kept by gather', async ({ producer, puts }) => {
    const controller = new AbortController();
    const pairs = upTo(20).map((n) => [uneven, n] as const);
    const gathered = producer.gather(pairs, { signal: controller.signal });
    await inOrder(puts);
    controller.abort(off);
    await expect(gathered).rejects.toBe(off);
  });
});

describe('putMany that does not come to its end', () => {
  test('gives a receipt for every job that is in, when its source throws', async ({ producer, puts }) => {
    function* breaking() {
      yield* upTo(350);
      throw off;
    }
    const { ids, error } = await readAll(producer.putMany(plain, breaking(), { id: (n) => `n${n}` }));
    expect(error).toBe(off);
    expect(await puts()).toHaveLength(ids.length);
    expect(ids).toEqual(upTo(ids.length).map((n) => `n${n}`));
    expect(ids.length).toBeGreaterThan(200);
  });

  test('gives a receipt for every job that is in, when a payload is bad', async ({ producer, puts }) => {
    const payloads = upTo(500).map((n) => (n === 300 ? 0.5 : n));
    const { ids, error } = await readAll(producer.putMany(plain, payloads));
    expect(error).toMatchObject({ code: 'SLUICE_PAYLOAD_INVALID' });
    expect(await puts()).toHaveLength(ids.length);
    expect(ids.length).toBeGreaterThan(100);
    expect(ids.length).toBeLessThanOrEqual(300);
  });

  test('gives a receipt for every job that is in, when a put is refused', async ({ producer, puts }) => {
    await producer.put(plain, -1, { id: 'n40' });
    const { ids, error } = await readAll(producer.putMany(plain, upTo(250), { id: (n) => `n${n}` }));
    expect(error).toMatchObject({ code: 'SLUICE_PUT_CONFLICT', jobId: 'n40' });
    expect(await puts()).toHaveLength(ids.length + 1);
  });

  describe('with a queue that is full', () => {
    test.override({ capacity: 10 });

    test('gives a receipt for every job that is in, when its signal aborts', async ({ producer, puts }) => {
      const controller = new AbortController();
      const reading = readAll(producer.putMany(plain, upTo(500), { signal: controller.signal }));
      await expect.poll(() => producer.stats()).toMatchObject({ depth: 10, waitingPuts: 100 });
      const made = producer.setCapacity(400);
      controller.abort(off);
      const [{ ids, error }] = await Promise.all([reading, made]);
      expect(error).toBe(off);
      expect(await puts()).toHaveLength(ids.length);
    });

    test('sends nothing after its reader has left', async ({ producer, puts, redis, queueName }) => {
      await using other = await connectProducer(queueOf(queueName, 10), { redis: redis.url });
      const stream = producer.putMany(plain, upTo(500));
      for (let read = 0; read < 10; read += 1) await stream.next();
      await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 100 });
      const waiting = stream.next();
      const left = stream.return();
      const made = other.setCapacity(400);
      expect(await waiting).toEqual({ value: undefined, done: true });
      await Promise.all([left, made]);
      expect(await puts()).toHaveLength(10);
      expect(await producer.stats()).toMatchObject({ depth: 10, waitingPuts: 0 });
    });

    test('gives a receipt for every job that is in, when its producer is closed', async ({
      puts,
      redis,
      queueName,
    }) => {
      await using closing = await connectProducer(queueOf(queueName, 10), { redis: redis.url });
      const reading = readAll(closing.putMany(plain, upTo(500)));
      await expect.poll(() => closing.stats()).toMatchObject({ depth: 10, waitingPuts: 100 });
      await closing.close();
      const { ids, error } = await reading;
      expect(error).toBeInstanceOf(QueueClosedError);
      expect(ids).toHaveLength(10);
      expect(await puts()).toHaveLength(10);
      expect((await readAll(closing.putMany(plain, [1]))).error).toBeInstanceOf(QueueClosedError);
    });
  });
});

test('map that ends with an error gives first what is in', async ({ producer, puts }) => {
  async function* breaking() {
    yield* upTo(5);
    await expect.poll(puts).toHaveLength(5);
    throw off;
  }
  const seen: [string, number, string][] = [];
  const reading = (async () => {
    for await (const { outcome, index, receipt } of producer.map(plain, breaking(), { id: (n) => `n${n}` }))
      seen.push([outcome, index, receipt.id]);
  })();
  await expect(reading).rejects.toBe(off);
  expect(seen.toSorted(([, a], [, b]) => a - b)).toEqual(upTo(5).map((n) => ['unawaited', n, `n${n}`]));
});
