import { expect, vi } from 'vitest';
import type { Admin } from '../admin/admin.ts';
import { connectAdmin } from '../admin/connect-admin.ts';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import { JobCancelledError } from '../job/errors/index.ts';
import { connectProducer } from '../put/connect-producer.ts';
import type { Producer } from '../put/producer.ts';
import type { OwnAttempt, OwnContract, OwnQueue, OwnTimes } from './testing/own-handler.ts';
import { ownTest } from './testing/own-test.ts';
import type { QueueDefinition } from '../job/contracts/queue-policy.ts';

interface Scene {
  readonly queue: OwnQueue;
  readonly admin: Admin;
  readonly producer: Producer<QueueDefinition<readonly [OwnContract]>>;
}

const test = ownTest.extend<{ open: (times?: OwnTimes) => Promise<Scene> }>({
  open: async ({ redis, own }, use) => {
    const opened: Scene[] = [];
    await use(async (times) => {
      const queue = own(times);
      const admin = await connectAdmin(queue.queue, { redis: redis.url });
      const producer = await connectProducer(queue.queue, { redis: redis.url });
      const scene = { queue, admin, producer };
      opened.push(scene);
      return scene;
    });
    for (const { admin, producer } of opened) await Promise.all([admin.close(), producer.close()]);
  },
});

/** Runs until its signal aborts. */
const untilAborted = ({ signal }: OwnAttempt): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

test('a running job is aborted with the reason, and dead without a retry', async ({ open }) => {
  const { queue, admin, producer } = await open();
  const reasons: unknown[] = [];
  const { emitted } = await queue.serve((attempt) => {
    attempt.signal.addEventListener('abort', () => reasons.push(attempt.signal.reason), { once: true });
    return untilAborted(attempt);
  });
  const receipt = await producer.put(queue.contract, { n: 1 }, { id: 'long' });
  const result = expect(producer.result(receipt)).rejects.toThrow('the job was cancelled: sent twice');
  await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toContain('started'));
  expect(await admin.cancel('long', { reason: 'sent twice' })).toBe('aborted');
  expect(reasons).toEqual([new JobCancelledError('sent twice')]);
  await result;
  const failure = { code: 'SLUICE_JOB_CANCELLED', message: 'the job was cancelled: sent twice' };
  expect(await admin.find('long')).toMatchObject({ state: 'dead', failure });
  await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started', 'cancelled']));
  expect(await admin.cancel('long')).toBe('ended');
});

test('a handler that does not listen loses its slot after its grace; one that ends first was too late', async ({
  open,
}) => {
  const { queue, admin, producer } = await open({ graceMs: 100 });
  const gate = Promise.withResolvers<string>();
  const started: string[] = [];
  const handle = (attempt: OwnAttempt): unknown => {
    started.push(attempt.id);
    if (attempt.id === 'deaf') return gate.promise;
    return attempt.id === 'late' ? untilAborted(attempt).catch(() => 'done all the same') : 'done';
  };
  await queue.serve(handle, { concurrency: 1 });
  for (const id of ['deaf', 'next', 'late']) await producer.put(queue.contract, { n: 1 }, { id });
  await vi.waitFor(() => expect(started).toEqual(['deaf']));
  expect(await admin.cancel('deaf')).toBe('aborted');
  await vi.waitFor(() => expect(started).toEqual(['deaf', 'next', 'late']));
  expect(await admin.cancel('late')).toBe('ended');
  expect(await admin.find('late')).toMatchObject({ state: 'completed', result: 'done all the same' });
  gate.resolve('far too late');
});

test('a cancel is confirmed also where nothing of the job is kept', async ({ open }) => {
  const { queue, admin } = await open();
  const { emitted } = await queue.serve(untilAborted);
  await queue.add({ jobId: 'k.gone', removeOnFail: true });
  await vi.waitFor(() => expect(emitted).not.toEqual([]));
  expect(await admin.cancel('gone')).toBe('aborted');
  expect(await admin.find('gone')).toBeNull();
});

test('a job that is given back while its cancel waits is removed', async ({ open }) => {
  const { queue, admin, producer } = await open({ graceMs: 3_000 });
  const gate = Promise.withResolvers<never>();
  gate.promise.catch(() => undefined);
  const { emitted } = await queue.serve(() => gate.promise);
  await producer.put(queue.contract, { n: 1 }, { id: 'fails' });
  await vi.waitFor(() => expect(emitted.map(({ name }) => name)).toEqual(['started']));
  // As if its pool had died: it is given back, and nobody reads the order.
  const [by] = await queue.client.hmget(queue.key('k.fails'), 'sluice.by');
  await queue.client.hset(queue.key('k.fails'), 'sluice.by', String(by).replace(/:[^:]+:/, ':dead:'));
  const cancelled = admin.cancel('fails');
  await vi.waitFor(async () => expect(await queue.client.exists(queue.key('sluice:orders:dead'))).toBe(1));
  await queue.raw.pause(); // nobody takes it again
  await queue.client
    .multi()
    .del(queue.key('k.fails:lock'))
    .lrem(queue.key('active'), 1, 'k.fails')
    .lpush(queue.key('wait'), 'k.fails')
    .exec();
  expect(await cancelled).toBe('removed');
});

test('a later job of the same id is not what a cancel waits for', async ({ open }) => {
  const { queue, admin, producer } = await open({ graceMs: 3_000 });
  const gate = Promise.withResolvers<string>();
  const { emitted } = await queue.serve(() => gate.promise);
  await producer.put(queue.contract, { n: 1 }, { id: 'again' });
  await vi.waitFor(() => expect(emitted).not.toEqual([]));
  const cancelled = admin.cancel('again');
  await vi.waitFor(async () => expect(await queue.client.keys(queue.key('sluice:orders:*'))).toHaveLength(1));
  await queue.client.hset(queue.key('k.again'), 'timestamp', '1'); // another job, put at another time
  expect(await cancelled).toBe('ended');
  gate.resolve('done');
});

test('an order hits the delivery that it names, and no later one', async ({ open }) => {
  const { queue, admin, producer } = await open();
  const { emitted } = await queue.serve(untilAborted);
  await producer.put(queue.contract, { n: 1 }, { id: 'a' });
  await vi.waitFor(() => expect(emitted).not.toEqual([]));
  const [by] = await queue.client.hmget(queue.key('k.a'), 'sluice.by');
  const [, pool, fence] = String(by).split(':');
  const orders = queue.key(`sluice:orders:${pool}`);
  const order = JSON.stringify({ cancel: 'k.a', job: 'own', reason: '' });
  await queue.client.hset(orders, String(Number(fence) - 1), order);
  await vi.waitFor(async () => expect(await queue.client.exists(orders)).toBe(0)); // it was read
  expect(await admin.cancel('a', { waitMs: 0 })).toBe('unconfirmed');
  expect(emitted.map(({ name }) => name)).toEqual(['started']);
});

test('a job that a consumer holds is cancelled by its signal, too', async ({ redis, open }) => {
  const { queue, admin, producer } = await open({ graceMs: 50 });
  await using consumer = await connectConsumer(queue.queue, { redis: redis.url });
  await producer.put(queue.contract, { n: 1 }, { id: 'pulled' });
  const lease = await consumer.take();
  expect(await admin.cancel('pulled')).toBe('aborted');
  expect(lease?.signal.reason).toEqual(new JobCancelledError(''));
  await expect(lease?.ack('done')).rejects.toThrow();
});
