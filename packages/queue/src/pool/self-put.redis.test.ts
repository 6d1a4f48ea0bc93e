import { redisTest } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { QueueFullError } from '../job/errors/index.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const parent = defineJob({ name: 'parent', payload: z.int(), result: z.string() });
const child = defineJob({ name: 'child', payload: z.int(), result: z.string() });

redisTest('a put from inside a handler into its own queue never waits: full is full', async ({ redis, queueName }) => {
  const queue = defineQueue({ name: queueName, jobs: [parent, child], capacity: 4 });
  await using producer = await connectProducer(queue, { redis: redis.url });
  let running = 0;
  const allRun = Promise.withResolvers<void>();
  const handlers = {
    parent: defineHandler(parent, async ({ payload }) => {
      running += 1;
      if (running === 4) allRun.resolve();
      await allRun.promise; // all four slots are taken now, and the queue is full of them
      try {
        await producer.put(child, payload);
        return 'put';
      } catch (error) {
        return error instanceof QueueFullError ? 'full' : String(error);
      }
    }),
    child: defineHandler(child, () => 'child'),
  };
  await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 4 });
  await pool.start();
  const results = await producer.gather([
    [parent, 1],
    [parent, 2],
    [parent, 3],
    [parent, 4],
  ]);
  // The first ones find the queue full; later ones may find capacity, after a parent has ended.
  expect(results).toContain('full');
  expect(results.every((result) => result === 'full' || result === 'put')).toBe(true);
});

redisTest('a put from inside a handler into another queue waits as usual', async ({ redis, queueName }) => {
  const front = defineQueue({ name: queueName, jobs: [parent], capacity: 4 });
  const back = defineQueue({ name: `${queueName}-back`, jobs: [child], capacity: 1 });
  await using fronts = await connectProducer(front, { redis: redis.url });
  await using backs = await connectProducer(back, { redis: redis.url });
  await backs.put(child, 0);
  const forward = defineHandler(parent, async ({ payload }) => {
    const { waitedMs } = await backs.put(child, payload);
    return waitedMs > 0 ? 'waited' : 'at once';
  });
  await using pool = createWorkerPool(front, { parent: forward }, { redis: redis.url, concurrency: 1 });
  await pool.start();
  const receipt = await fronts.put(parent, 1);
  await expect.poll(() => backs.stats()).toMatchObject({ waitingPuts: 1 });
  const work = defineHandler(child, () => 'child');
  await using backPool = createWorkerPool(back, { child: work }, { redis: redis.url, concurrency: 1 });
  await backPool.start();
  expect(await fronts.result(receipt)).toBe('waited');
});

redisTest('a put that a handler left behind waits as any other', async ({ redis, queueName }) => {
  const queue = defineQueue({ name: queueName, jobs: [parent], capacity: 1 });
  await using producer = await connectProducer(queue, { redis: redis.url });
  const leftBehind = Promise.withResolvers<string>();
  const returned = Promise.withResolvers<void>();
  const handler = defineHandler(parent, ({ payload }) => {
    const later = async (): Promise<string> => {
      await returned.promise;
      return (await producer.put(parent, 3, { waitMs: Infinity })).status;
    };
    if (payload === 1) later().then(leftBehind.resolve, leftBehind.reject);
    return 'parent';
  });
  await using pool = createWorkerPool(queue, { parent: handler }, { redis: redis.url, concurrency: 1 });
  const receipt = await producer.put(parent, 1);
  await pool.start();
  await producer.result(receipt);
  await pool.drain();
  await producer.put(parent, 2);
  returned.resolve();
  await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
  await producer.setCapacity(2);
  expect(await leftBehind.promise).toBe('created');
});

redisTest.for([0, 3])(
  'handlers of two queues that put into each other do not block each other, behind %i waiters',
  async (before, { redis, queueName }) => {
    const front = defineQueue({ name: queueName, jobs: [parent], capacity: 1 });
    const back = defineQueue({ name: `${queueName}-back`, jobs: [child], capacity: 1 });
    await using fronts = await connectProducer(front, { redis: redis.url });
    await using backs = await connectProducer(back, { redis: redis.url });
    const bothRun = Promise.withResolvers<void>();
    let running = 0;
    const meet = async (): Promise<void> => {
      running += 1;
      if (running === 2) bothRun.resolve();
      await bothRun.promise;
    };
    const ends: string[] = [];
    const told = async (put: Promise<unknown>): Promise<string> => {
      const end = await put.then(
        () => 'put',
        (error: unknown) => (error instanceof QueueFullError ? error.reason : String(error)),
      );
      ends.push(end);
      return end;
    };
    const forth = defineHandler(parent, async ({ payload }) => {
      if (payload === 0) return 'end';
      await meet();
      return told(backs.put(child, 0, { waitMs: Infinity }));
    });
    const backwards = defineHandler(child, async ({ payload }) => {
      if (payload === 0) return 'end';
      await meet();
      return told(fronts.put(parent, 0, { waitMs: Infinity }));
    });
    await using frontPool = createWorkerPool(front, { parent: forth }, { redis: redis.url, concurrency: 1 });
    await using backPool = createWorkerPool(back, { child: backwards }, { redis: redis.url, concurrency: 1 });
    await Promise.all([fronts.put(parent, 1), backs.put(child, 1)]);
    const waiting = Array.from({ length: before }, () => [fronts.put(parent, 0), backs.put(child, 0)]).flat();
    for (const producer of [fronts, backs]) {
      await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: before });
    }
    await Promise.all([frontPool.start(), backPool.start()]);
    await Promise.all(waiting);
    await Promise.all([fronts.join(), backs.join()]);
    expect(ends).toHaveLength(2);
    expect(ends).toContain('deadlock'); // one of them, and the other found capacity once that had ended
    expect(ends).toContain('put');
  },
);
