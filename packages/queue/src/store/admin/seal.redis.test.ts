import { Queue, Worker } from 'bullmq';
import { describe, expect } from 'vitest';
import { QueueClosedError } from '../../job/errors/index.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { adminTest as test, putSteps, step } from './testing/admin-test.ts';

describe('seal', () => {
  test('is seen by every producer, until the queue is opened again', async ({ kit, producer }) => {
    const other = await kit.connect();
    await producer.seal();
    await producer.seal();
    expect(await other.stats()).toMatchObject({ sealed: true });
    await other.unseal();
    await other.unseal();
    expect(await producer.stats()).toMatchObject({ sealed: false });
  });

  test('lets what is in end, retries included', async ({ kit, producer }) => {
    await putSteps(producer, 1, 3);
    await producer.seal();
    kit.work(async ({ attemptsMade }) => {
      if (attemptsMade === 0) throw new Error('once more');
      return null;
    });
    await producer.join();
    expect(await producer.stats()).toMatchObject({ sealed: true, depth: 0, completed: 3 });
  });

  test('refuses every new put, from any client', async ({ kit, producer }) => {
    const other = await kit.connect();
    await producer.seal();
    await expect(other.put(step, { n: 1 })).rejects.toThrow(QueueClosedError);
    await expect(other.tryPut(step, { n: 1 })).rejects.toThrow(QueueClosedError);
    await expect(other.putMany(step, [{ n: 1 }]).next()).rejects.toThrow(QueueClosedError);
    await expect(other.map(step, [{ n: 1 }]).next()).rejects.toThrow(QueueClosedError);
    await expect(other.gather([[step, { n: 1 }]])).rejects.toThrow(QueueClosedError);
    expect(await other.stats()).toMatchObject({ depth: 0 });
    await producer.unseal();
    expect(await other.put(step, { n: 1 })).toMatchObject({ status: 'created' });
  });

  test('lets the children of a running job in, and of no other', async ({ kit, producer, redis }) => {
    const { id } = await producer.put(step, { n: 1 });
    const plain = kit.plainQueue();
    const connection = connectionOf(redis.url);
    const bounded = new Queue(plain.name, { connection }, createBoundedBackend({ capacity: 3 }));
    const worker = new Worker(plain.name, null, { connection });
    const running = await worker.getNextJob('token');
    await producer.seal();
    const parent = { id, queue: plain.qualifiedName };
    await bounded.add('step', { n: 2 }, { parent });
    expect(await producer.stats()).toMatchObject({ depth: 2, waiting: 1 });
    await running?.moveToDelayed(Date.now() + 60_000, 'token');
    await expect(bounded.add('step', { n: 3 }, { parent })).rejects.toThrow(QueueClosedError);
    await Promise.all([worker.close(), bounded.close()]);
  });

  test('refuses the puts in the waiter queue within a second, on all producers', async ({ kit, producer }) => {
    const other = await kit.connect();
    await putSteps(producer, 1, 3);
    const puts = [producer.put(step, { n: 4 }), other.put(step, { n: 5 }), other.put(step, { n: 6 })];
    const refused = Promise.all(puts.map((put) => expect(put).rejects.toThrow(QueueClosedError)));
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    await expect.poll(() => other.stats()).toMatchObject({ waitingPuts: 2 });
    const before = performance.now();
    await producer.seal();
    await refused;
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(await other.stats()).toMatchObject({ depth: 3, waitingPuts: 0 });
  });

  test('still answers an id that is in as a duplicate', async ({ producer }) => {
    await putSteps(producer, 1, 1);
    await producer.seal();
    expect(await producer.put(step, { n: 1 }, { id: 'j1' })).toMatchObject({ status: 'duplicate' });
  });

  test('and join together end a queue that others put into', async ({ kit, producer }) => {
    const other = await kit.connect();
    kit.work();
    const endless = (async () => {
      for (let n = 0; ; n += 1) await other.put(step, { n });
    })();
    const closed = expect(endless).rejects.toThrow(QueueClosedError);
    await expect.poll(() => producer.stats()).toMatchObject({ completed: expect.toSatisfy((count) => count > 10) });
    await producer.seal();
    await producer.join();
    await closed;
    expect(await producer.stats()).toMatchObject({ depth: 0, waitingPuts: 0 });
  });
});
