import {
  connectAdmin,
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  PermanentJobError,
  type QueueDefinition,
} from '@sluice/queue';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { isolatedRedisTest } from '../fixtures/isolated-redis-test.ts';
import type { TestServer } from '../servers/test-server.ts';
import type { QueueLog } from './queue-log.ts';
import { readQueueLog } from './read-queue-log.ts';

const step = defineJob({
  name: 'step',
  payload: z.enum(['ok', 'failOnce', 'die', 'hang']),
  result: z.string(),
  timeoutMs: 20_000,
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 5, jitter: 0 } },
});
const queueOf = (capacity: number): QueueDefinition<readonly [typeof step]> =>
  defineQueue({ name: 'q', jobs: [step], capacity, keep: { completed: { count: 0 } }, idempotencyMs: 0 });

const handler = defineHandler(step, async ({ payload, attempt, signal }) => {
  if (payload === 'die') throw new PermanentJobError('for good');
  if (payload === 'failOnce' && attempt === 1) throw new Error('once');
  if (payload === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return `done ${attempt}`;
});

function read(server: TestServer): Promise<QueueLog> {
  return readQueueLog(server.dataDir ?? '', { storedName: '{q}' });
}

describe('readQueueLog', () => {
  isolatedRedisTest('reads which pool had which job, and how each delivery ended', async ({ redis, server }) => {
    const queue = queueOf(10);
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(step, 'ok', { id: 'a b' });
    await producer.put(step, 'ok', { id: 'a b' });
    await producer.put(step, 'failOnce', { id: 'again' });
    await producer.put(step, 'die', { id: 'dead' });
    await producer.put(step, 'ok', { id: 'gone', delayMs: 60_000 });
    await producer.cancel('gone');
    await using pool = createWorkerPool(queue, { step: handler }, { redis: redis.url, concurrency: 2, name: 'w' });
    await pool.start();
    await producer.join();
    await producer.put(step, 'ok', { id: 'a b' });
    await producer.join();

    const { jobs } = await read(server);
    const lives = jobs.map(({ id, duplicates, end, deliveries }) => ({
      id,
      duplicates,
      end: end?.how,
      deliveries: deliveries.map(({ worker, end: how }) => [worker, how?.how, how?.value]),
    }));
    expect(lives).toEqual([
      { id: 'a b', duplicates: 1, end: 'completed', deliveries: [['w', 'completed', '"done 1"']] },
      {
        id: 'again',
        duplicates: 0,
        end: 'completed',
        deliveries: [
          ['w', 'returned', ''],
          ['w', 'completed', '"done 2"'],
        ],
      },
      { id: 'dead', duplicates: 0, end: 'failed', deliveries: [['w', 'failed', 'for good']] },
      { id: 'gone', duplicates: 0, end: 'removed', deliveries: [] },
      { id: 'a b', duplicates: 0, end: 'completed', deliveries: [['w', 'completed', '"done 1"']] },
    ]);
    const tokens = jobs.flatMap(({ deliveries }) => deliveries.map(({ token }) => token));
    expect(new Set(tokens).size).toBe(5);
    expect(tokens).not.toContain(null);
    expect(jobs.every(({ addedAtMs, end }) => (end?.atMs ?? 0) >= addedAtMs)).toBe(true);
  });

  isolatedRedisTest('reads recoveries, and how far a lease was renewed', async ({ redis, server }) => {
    const queue = queueOf(10);
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(step, 'hang', { id: 'held' });
    const timings = { leaseMs: 500, renewMs: 100, sweepMs: 50 };
    const options = { redis: redis.url, concurrency: 1, timings };
    await using pool = createWorkerPool(queue, { step: handler }, { ...options, name: 'first' });
    await pool.start();
    const held = async () => (await read(server)).jobs[0]?.deliveries[0];
    await expect
      .poll(async () => ((await held())?.leaseEndsMs ?? 0) - ((await held())?.takenAtMs ?? 0))
      .toBeGreaterThan(600);

    const client = await redis.client();
    // As if the pool that took it were gone.
    const gone = client.multi().hset('bull:{q}:k.held', 'sluice.by', '1:gone:1700000000000000');
    await gone.del('bull:{q}:k.held:lock').exec();
    await expect.poll(async () => (await held())?.end?.how).toBe('stalled');
    await pool.stop();
  });

  isolatedRedisTest(
    'reads payloads that were edited, and limits of the queue and of a contract',
    async ({ redis, server }) => {
      const queue = queueOf(10);
      await using producer = await connectProducer(queue, { redis: redis.url });
      await using admin = await connectAdmin(queue, { redis: redis.url });
      await producer.put(step, 'hang', { id: 'edited' });
      await admin.edit('edited', { payload: 'ok', priority: 2 });
      await admin.limits.set({ running: 3 });
      await admin.limits.set({ job: 'step', running: 2, rate: { jobs: 5, perMs: 100 } });
      await admin.limits.set({ job: 'step', running: null });
      await admin.limits.clear({ job: 'step' });
      await admin.limits.clear();

      const { jobs, limits } = await read(server);
      expect(jobs).toMatchObject([{ id: 'edited', job: 'step', data: '"hang"', edits: [{ data: '"ok"' }] }]);
      expect(limits.map(({ job, running }) => [job, running])).toEqual([
        [null, 3],
        ['step', 2],
        ['step', null],
        ['step', null],
        [null, null],
      ]);
    },
  );

  isolatedRedisTest('reads which tickets waited before each admission', async ({ redis, server }) => {
    const queue = queueOf(1);
    await using first = await connectProducer(queue, { redis: redis.url });
    await using second = await connectProducer(queue, { redis: redis.url });
    await first.put(step, 'ok', { id: 'fills' });
    const waiting = second.put(step, 'ok', { id: 'waits' });
    const client = await redis.client();
    await expect.poll(() => client.zcard('bull:{q}:sluice:waiters')).toBe(1);
    const later = first.put(step, 'ok', { id: 'later' });
    await expect.poll(() => client.zcard('bull:{q}:sluice:waiters')).toBe(2);
    await first.cancel('fills');
    await waiting;
    await first.cancel('waits');
    await later;

    const { admissions } = await read(server);
    expect(admissions.map(({ added, ahead }) => [added, ahead.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    expect(new Set(admissions.map(({ producer }) => producer)).size).toBe(2);
    // A call that jumps the queue, as no producer of ours does: it adds although others wait.
    const third = first.put(step, 'ok', { id: 'third' });
    await expect.poll(() => client.zcard('bull:{q}:sluice:waiters')).toBe(1);
    await client
      .multi()
      .xadd('bull:{q}:events', '*', 'event', 'added', 'jobId', 'k.jumps', 'name', 'step')
      .set('bull:{q}:sluice:reply:jumper:1', '1 {}')
      .exec();
    expect((await read(server)).admissions.at(-1)).toMatchObject({
      producer: 'jumper',
      added: 1,
      ahead: [{ wanted: 1 }],
    });
    await first.cancel('later');
    await third;
  });
});
