import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from './job/contracts/job-contract.ts';
import { defineQueue } from './job/contracts/queue-policy.ts';
import { connectConsumer } from './consumer/connect-consumer.ts';
import { ownTest as test } from './pool/testing/own-test.ts';
import { connectProducer } from './put/connect-producer.ts';

/** Within this time everything works again, without a call of anybody's. */
const WITHIN_MS = 15_000;

const kinds = [
  ['that swallow what they are sent', { reads: true }],
  ['that read no more', { reads: false }],
] as const;

const step = defineJob({ name: 'step', payload: z.object({ n: z.int() }), result: z.null() });
const stepsOf = (name: string, prefix: string) => defineQueue({ name, prefix, jobs: [step], capacity: 1 });

async function within<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  await expect.poll(() => isSettled, { timeout: WITHIN_MS }).toBe(true);
  return promise;
}

describe.for(kinds)('on connections that are open and dead, and %s', ([, how]) => {
  test('the calls of a producer that find it succeed, and add nothing twice', async ({ own, proxy }) => {
    const { queue, contract } = own();
    await using producer = await connectProducer(queue, { redis: proxy.url });
    await producer.put(contract, { n: 1 }, { id: 'first' });
    proxy.forget(how);
    const [put, refusable, found, stats] = await Promise.all([
      producer.put(contract, { n: 2 }),
      producer.tryPut(contract, { n: 3 }),
      producer.find('first'),
      producer.stats(),
    ]);
    expect([put.status, refusable.status, found?.state, stats.capacity]).toEqual([
      'created',
      'created',
      'waiting',
      100,
    ]);
    proxy.forget(how);
    await Promise.all([producer.setCapacity(50), producer.seal(), producer.cancel('first')]);
    expect(await producer.stats()).toMatchObject({ depth: 2, capacity: 50, sealed: true });
  });

  test('a result that is awaited arrives', async ({ own, proxy }) => {
    const queue = own({ timeoutMs: 60_000 });
    const gate = Promise.withResolvers<string>();
    await queue.serve(() => gate.promise);
    await using producer = await connectProducer(queue.queue, { redis: proxy.url });
    const result = producer.result(await producer.put(queue.contract, { n: 1 }));
    await expect.poll(() => proxy.connections).toBe(2);
    proxy.forget(how);
    gate.resolve('there');
    expect(await within(result)).toBe('there');
  });

  test('a put that waits gets in when there is free capacity', async ({ redis, prefix, queueName, proxy }) => {
    const queue = stepsOf(queueName, prefix);
    await using other = await connectProducer(queue, { redis: redis.url });
    await using producer = await connectProducer(queue, { redis: proxy.url });
    await other.put(step, { n: 1 }, { id: 'first' });
    const waiting = producer.put(step, { n: 2 });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    proxy.forget(how);
    await other.cancel('first');
    expect(await within(waiting)).toMatchObject({ status: 'created', depth: 1 });
  });

  test('an idle pool takes what comes', async ({ own, proxy }) => {
    const queue = own();
    const { pool } = await queue.serve(() => 'done', { redis: proxy.url });
    await queue.add();
    await expect.poll(() => pool.health()).toMatchObject({ completed: 1, busy: 0 });
    proxy.forget(how);
    await queue.add();
    await expect.poll(() => pool.health(), { timeout: WITHIN_MS }).toMatchObject({ completed: 2, ready: true });
  });

  test('a busy pool keeps its leases, and writes the ends of its attempts', async ({ own, proxy, redis }) => {
    const queue = own({ timeoutMs: 60_000 });
    const gate = Promise.withResolvers<string>();
    const { pool } = await queue.serve(() => gate.promise, { redis: proxy.url });
    const others = await queue.serve(() => expect.unreachable('it runs twice'), { redis: redis.url, concurrency: 1 });
    await others.pool.stop(); // it has swept at least once
    const id = await queue.add();
    await expect.poll(() => pool.health()).toMatchObject({ busy: 1 });
    const sweeper = await queue.serve(() => 'it runs twice', { redis: redis.url, concurrency: 1 });
    proxy.forget(how);
    // Longer than a lease lasts: it was renewed on a new connection.
    const until = performance.now() + 8_000;
    await expect
      .poll(() => performance.now() > until && sweeper.pool.health(), { timeout: WITHIN_MS, interval: 250 })
      .toMatchObject({ recovered: 0, taken: 0 });
    gate.resolve('done');
    await expect.poll(() => pool.health(), { timeout: WITHIN_MS }).toMatchObject({ completed: 1, leaseLost: 0 });
    expect(await queue.read(id)).toMatchObject({ state: 'completed', fields: { returnvalue: '"done"', ats: '1' } });
  });

  test('a consumer that waits gets the next job', async ({ own, proxy }) => {
    const queue = own();
    await using consumer = await connectConsumer(queue.queue, { redis: proxy.url });
    const taken = consumer.take({ waitMs: WITHIN_MS });
    await expect.poll(() => consumer.health()).toMatchObject({ ready: true });
    proxy.forget(how);
    const id = await queue.add();
    expect(await within(taken)).toMatchObject({ id });
  });
});
