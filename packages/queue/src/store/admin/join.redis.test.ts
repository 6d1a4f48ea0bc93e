import { flakyProxy } from '@sluice/testing';
import { describe, expect } from 'vitest';
import { PutOptionError, QueueClosedError, RedisUnavailableError, JoinTimeoutError } from '../../job/errors/index.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { adminTest as test, putSteps, queueOf, step } from './testing/admin-test.ts';

describe('join', () => {
  test('resolves at once when there is nothing to wait for', async ({ producer }) => {
    await producer.join({ waitMs: 0 });
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('waits until the last job has ended, retries included', async ({ kit, producer }) => {
    await putSteps(producer, 1, 3);
    let runs = 0;
    kit.work(async ({ attemptsMade }) => {
      runs += 1;
      if (attemptsMade === 0) throw new Error('once more');
      return null;
    });
    await producer.join();
    expect(runs).toBe(6);
    expect(await producer.stats()).toMatchObject({ depth: 0, completed: 3 });
  });

  test('waits for puts in progress, however they were called', async ({ kit, producer }) => {
    const puts = Array.from({ length: 30 }, (_, n) => producer.put(step, { n }, { waitMs: Infinity }));
    const many = producer.putMany(step, [{ n: 30 }, { n: 31 }]);
    const first = many.next();
    const joined = producer.join();
    kit.work();
    await joined;
    expect(await producer.stats()).toMatchObject({ depth: 0, completed: 32 });
    await Promise.all([...puts, first]);
  });

  test('waits for running, prioritized and delayed jobs of all producers', async ({ kit, producer }) => {
    const queue = kit.plainQueue();
    for (const opts of [{}, { priority: 1 }, { delay: 60_000 }]) {
      const job = await queue.add('foreign', {}, opts);
      await expect(producer.join({ waitMs: 20 })).rejects.toThrow(JoinTimeoutError);
      await job.remove();
    }
    kit.workUntilReleased();
    await producer.put(step, { n: 1 });
    await expect.poll(() => producer.stats()).toMatchObject({ active: 1 });
    await expect(producer.join({ waitMs: 20 })).rejects.toMatchObject({ depth: 1, waitMs: 20 });
    const joined = producer.join();
    kit.release();
    await joined;
  });

  test('does not wait for what a job scheduler has delayed', async ({ kit, producer }) => {
    const queue = kit.plainQueue();
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick' });
    await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'tick' });
    await putSteps(producer, 1, 1);
    kit.work();
    await producer.join({ waitMs: 10_000 });
    expect(await producer.stats()).toMatchObject({ delayed: 2, depth: 2, completed: 2 });
  });

  test('waits for other delayed jobs, also when there are as many schedulers', async ({ kit, producer, redis }) => {
    const queue = kit.plainQueue();
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick' });
    await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'tick' });
    kit.work();
    await producer.join({ waitMs: 10_000 });
    const [iteration] = await queue.getDelayed();
    // A scheduler whose iteration is gone, as a crash between two steps of another client may leave it.
    const client = await redis.client();
    await client.zrem(queue.toKey('delayed'), iteration?.id ?? '');
    await producer.join({ waitMs: 0 });
    await producer.put(step, { n: 1 }, { id: 'later', delayMs: 60_000 });
    await expect(producer.join({ waitMs: 20 })).rejects.toThrow(JoinTimeoutError);
    await producer.cancel('later');
    await producer.join({ waitMs: 0 });
  });

  test('waits for the retry of a scheduled job', async ({ kit, producer, redis }) => {
    const queue = kit.plainQueue();
    kit.work(async () => {
      throw new Error('not yet');
    });
    const opts = { attempts: 2, backoff: 600_000 };
    await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick', opts });
    const { id = '' } = (await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'tick' })) ?? {};
    await expect.poll(() => producer.stats()).toMatchObject({ delayed: 3, depth: 3 });
    const client = await redis.client();
    await client.zrem(queue.toKey('delayed'), id); // as many delayed jobs as schedulers, and one of them a retry
    expect(await producer.stats()).toMatchObject({ delayed: 2, depth: 2 });
    await expect(producer.join({ waitMs: 20 })).rejects.toThrow(JoinTimeoutError);
  });

  test('waits for a put of this producer that is on its way', async ({ kit, producer }) => {
    const put = producer.put(step, { n: 1 });
    await expect(producer.join({ waitMs: 0 })).rejects.toThrow(JoinTimeoutError);
    await put;
    kit.work();
    await producer.join();
  });

  test('waits for the puts of this producer that wait for capacity', async ({ kit, producer }) => {
    await putSteps(producer, 1, 3);
    const late = [4, 5, 6, 7, 8].map((n) => producer.put(step, { n }));
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 5 });
    kit.work();
    await producer.join();
    await Promise.all(late);
    expect(await producer.stats()).toMatchObject({ depth: 0, completed: 8 });
  });

  test('stops waiting by its signal, and when the producer is closed', async ({ kit, producer }) => {
    await putSteps(producer, 1, 1);
    const leaving = new AbortController();
    const joined = producer.join({ signal: leaving.signal });
    leaving.abort(new Error('enough'));
    await expect(joined).rejects.toThrow('enough');
    const other = await kit.connect();
    const cut = expect(other.join()).rejects.toThrow(QueueClosedError);
    await other.close();
    await cut;
  });

  test('refuses a wait that is no time', async ({ producer }) => {
    await expect(producer.join({ waitMs: -1 })).rejects.toThrow(PutOptionError);
    await expect(producer.join({ waitMs: NaN })).rejects.toThrow(PutOptionError);
  });

  test('does not wait for a Redis that is away', async ({ redis, queueName }) => {
    const proxy = await flakyProxy(redis.url);
    await using producer = await connectProducer(queueOf(queueName), { redis: proxy.url, unavailableMs: 1_000 });
    await producer.put(step, { n: 1 });
    const joined = expect(producer.join()).rejects.toThrow(RedisUnavailableError);
    await proxy.close();
    await joined;
  });
});
