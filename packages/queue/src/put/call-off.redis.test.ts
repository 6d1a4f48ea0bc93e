import { flakyProxy, redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { PutOptionError, QueueClosedError } from '../job/errors/index.ts';
import { metaFields } from '../store/keys/meta-fields.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';

const plain = defineJob({ name: 'plain', payload: z.int(), result: z.null() });
/** Its payloads are checked for as long as the test likes. */
const gate = { open: Promise.withResolvers<boolean>() };
const checked = defineJob({ name: 'checked', payload: z.int().refine(() => gate.open.promise), result: z.null() });
const queueOf = (name: string, capacity: number) => defineQueue({ name, jobs: [plain, checked], capacity });
type TestProducer = Producer<ReturnType<typeof queueOf>>;

const off = new Error('called off');
const forever = { waitMs: Infinity };

const test = redisTest.extend<{ capacity: number; producer: TestProducer }>({
  capacity: 3,
  producer: async ({ redis, queueName, capacity }, use) => {
    gate.open = Promise.withResolvers();
    await using producer = await connectProducer(queueOf(queueName, capacity), { redis: redis.url });
    await use(producer);
  },
});

async function fill(producer: TestProducer, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => producer.put(plain, n)));
}

/** The ways in which puts ended. */
async function endsOf(puts: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  for (const end of await Promise.allSettled(puts)) {
    const key = end.status === 'fulfilled' ? 'in' : end.reason === off ? 'off' : String(end.reason);
    ends[key] = (ends[key] ?? 0) + 1;
  }
  return ends;
}

describe.for([3, 100])('puts that wait in a queue with capacity for %i and share a signal', (capacity) => {
  test.override({ capacity });

  test('are not sent once it has aborted', async ({ producer, redis, queueName }) => {
    await using other = await connectProducer(queueOf(queueName, capacity), { redis: redis.url });
    await fill(producer, capacity);
    const before = other.put(plain, 0, forever).catch(() => 'over'); // so that the others look for capacity but rarely
    await expect.poll(() => other.stats()).toMatchObject({ waitingPuts: 1 });
    const controller = new AbortController();
    const options = { ...forever, signal: controller.signal };
    const puts = Array.from({ length: 500 }, (_, n) => producer.put(plain, n, options));
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 500 });
    const client = await redis.client();
    const made = client.hset(`bull:{${queueName}}:meta`, metaFields.capacity, '100000'); // no producer is told of it
    controller.abort(off);
    expect(await endsOf(puts)).toEqual({ off: 500 });
    await made;
    await before;
    expect(await other.stats()).toMatchObject({ depth: capacity + 1 });
  });
});

describe('a put that was called off before it was sent', () => {
  test.for([
    ['waits for capacity', {}],
    ['does not wait', { whenFull: 'reject' }],
    ['drops others', { whenFull: 'drop-oldest' }],
    ['has another script', { delayMs: 1, priority: 2 }],
  ] as const)('in the same turn is not sent if it %s', async ([, options], { producer }) => {
    const controller = new AbortController();
    const puts = Array.from({ length: 250 }, (_, n) =>
      producer.put(plain, n, { ...options, signal: controller.signal }),
    );
    controller.abort(off);
    expect(await endsOf(puts)).toEqual({ off: 250 });
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('by a signal that had aborted long ago is not sent', async ({ producer }) => {
    const signal = AbortSignal.abort(off);
    expect(await endsOf([producer.put(plain, 1, { signal }), producer.tryPut(plain, 2, { signal })])).toEqual({
      off: 2,
    });
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('while its payload was checked is not sent', async ({ producer }) => {
    const controller = new AbortController();
    const put = producer.put(checked, 1, { signal: controller.signal });
    controller.abort(off);
    gate.open.resolve(true);
    await expect(put).rejects.toBe(off);
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('while there was no connection rejects at once and is not sent', async ({ redis, queueName, producer }) => {
    await using proxy = await flakyProxy(redis.url);
    await using away = await connectProducer(queueOf(queueName, 3), { redis: proxy.url, unavailableMs: 60_000 });
    await proxy.cut();
    const controller = new AbortController();
    const { signal } = controller;
    const puts = [away.put(plain, 1, { signal }), away.put(plain, 2, { signal, whenFull: 'reject' })];
    const kept = away.put(plain, 3);
    await new Promise((resolve) => setImmediate(resolve)); // both calls wait for the connection
    controller.abort(off);
    expect(await endsOf(puts)).toEqual({ off: 2 });
    await proxy.restore();
    expect(await kept).toMatchObject({ status: 'created' });
    expect(await producer.stats()).toMatchObject({ depth: 1 });
  });

  test('by the close of its producer is not sent', async ({ redis, queueName, producer }) => {
    const closing = await connectProducer(queueOf(queueName, 3), { redis: redis.url });
    const puts = [closing.put(plain, 1), closing.tryPut(plain, 2), closing.put(checked, 3)];
    const ends = Promise.allSettled(puts);
    const closed = closing.close();
    gate.open.resolve(true);
    for (const end of await ends) expect(end).toMatchObject({ reason: expect.any(QueueClosedError) });
    await closed;
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('by its own expiry is not sent', async ({ producer }) => {
    const expiresAt = Date.now() + 50;
    const put = producer.put(checked, 1, { expiresAt });
    await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt);
    gate.open.resolve(true);
    await expect(put).rejects.toThrow(PutOptionError);
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });
});
