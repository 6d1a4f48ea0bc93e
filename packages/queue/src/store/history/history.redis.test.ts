import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { type Admin } from '../../admin/admin.ts';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { bullmqKeys } from '../keys/bullmq-keys.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { OptionError, PermanentJobError, QueueFullError } from '../../job/errors/index.ts';
import { emptyRecord, type HistoryRecord } from '../../job/history/history-record.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { writeHistory } from './queue-history.ts';

const retry = { attempts: 2, backoff: { type: 'fixed', delayMs: 1 } } as const;
const greet = defineJob({ name: 'greet', payload: z.int(), result: z.int(), retry });
const part = defineJob({ name: 'part', payload: z.int(), result: z.int(), retry });
const queueOf = (name: string) => defineQueue({ name, jobs: [greet, part], capacity: 3 });

const test = redisTest.extend<{ admin: Admin }>({
  admin: async ({ redis, queueName }, use) => {
    await using admin = await connectAdmin(queueOf(queueName), { redis: redis.url });
    await use(admin);
  },
});

describe('the history of a queue', () => {
  test('counts what becomes of puts and of jobs, for each contract', async ({ redis, queueName, admin }) => {
    const queue = queueOf(queueName);
    const producer = await connectProducer(queue, { redis: redis.url });
    for (const n of [1, 2]) await producer.put(greet, n);
    await producer.put(part, 3, { id: 'three' });
    await producer.put(part, 3, { id: 'three' });
    await expect(producer.tryPut(part, 4)).rejects.toThrow(QueueFullError);
    const waits = producer.put(greet, 5, { waitMs: 10_000 });
    const pool = createWorkerPool(
      queue,
      {
        greet: defineHandler(greet, async ({ payload, attempt }) => {
          if (payload === 2 && attempt === 1) throw new Error('again');
          return payload;
        }),
        part: defineHandler(part, async () => {
          throw new PermanentJobError('no');
        }),
      },
      { redis: redis.url, concurrency: 2 },
    );
    await pool.start();
    await waits;
    await producer.join({ waitMs: 10_000 });
    await pool.drain();
    await producer.close();
    const times = { p50: expect.any(Number), p95: expect.any(Number) };
    const { total, jobs, points } = await admin.history();
    expect(jobs).toEqual({
      greet: {
        put: 3,
        waited: 1,
        refused: 0,
        started: 4,
        completed: 3,
        retried: 1,
        dead: 0,
        waitMs: times,
        runMs: times,
      },
      part: {
        put: 1,
        waited: 0,
        refused: 1,
        started: 1,
        completed: 0,
        retried: 0,
        dead: 1,
        waitMs: times,
        runMs: null,
      },
    });
    expect(total).toMatchObject({ put: 4, started: 5, completed: 3 });
    expect(points.reduce((sum, { put }) => sum + put, 0)).toBe(4);
    expect((await admin.history({ job: 'part' })).total).toMatchObject({ put: 1, dead: 1 });
    await admin.obliterate();
    expect((await admin.history()).total).toMatchObject({ put: 0 });
  });

  test('counts jobs that were dropped, or cancelled while they ran, as dead', async ({ redis, queueName, admin }) => {
    const queue = queueOf(queueName);
    const producer = await connectProducer(queue, { redis: redis.url });
    for (const n of [1, 2, 3]) await producer.put(part, n, { id: `p${n}` });
    expect(await producer.put(greet, 4, { whenFull: 'drop-oldest' })).toMatchObject({ dropped: 'p1' });
    expect(await producer.cancel('p2')).toBe('removed');
    expect(await producer.cancel('p3')).toBe('removed');
    await producer.close();
    const running = Promise.withResolvers<string>();
    const handlers = {
      greet: defineHandler(greet, async ({ signal, id }) => {
        running.resolve(id);
        return new Promise<number>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }),
      part: defineHandler(part, async ({ payload }) => payload),
    };
    const pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 });
    await pool.start();
    expect(await admin.cancel(await running.promise)).toBe('aborted');
    await pool.drain();
    const { jobs } = await admin.history();
    expect(jobs['part']).toMatchObject({ put: 3, started: 0, dead: 1 }); // what was removed before its start is not dead
    expect(jobs['greet']).toMatchObject({ put: 1, started: 1, dead: 1, completed: 0 });
  });

  test('adds what several processes write, and tells 32 contracts of a minute apart', async ({
    redis,
    queueName,
    admin,
  }) => {
    const client = await redis.client();
    const keys = bullmqKeys(queueOf(queueName));
    const record = (completed: number, bucket = 8): HistoryRecord => ({
      ...emptyRecord(),
      counts: { ...emptyRecord().counts, completed },
      runs: new Map([[bucket, completed]]),
    });
    await writeHistory(client, keys, new Map([['greet', record(1)]]));
    expect((await admin.history()).jobs).toEqual({}); // of a queue that is not there nothing is kept
    await client.hset(keys['meta'] ?? '', 'version', 'x');
    for (const completed of [2, 3]) await writeHistory(client, keys, new Map([['greet', record(completed)]]));
    await writeHistory(client, keys, new Map([['greet', record(4, 12)]]));
    const { greet: sum } = (await admin.history()).jobs;
    expect(sum).toMatchObject({ completed: 9, runMs: { p50: 3.7, p95: 7.3 } });
    const many = Array.from({ length: 2_500 }, (_, n) => [`j${n}`, record(1)] as const);
    await writeHistory(client, keys, new Map(many));
    const { jobs, total } = await admin.history();
    expect(Object.keys(jobs)).toHaveLength(60 * 32 + 1);
    expect(jobs['(others)']).toMatchObject({ completed: 2_500 - (60 * 32 - 1) });
    expect(total.completed).toBe(2_509);
    const [key = ''] = await client.keys(`${keys['']}sluice:history:*`);
    expect(await client.pttl(key)).toBeGreaterThan(72 * 3_600_000);
  });

  test.for([
    [{ since: 'yesterday' }],
    [{ since: 10, until: 5 }],
    [{ until: Date.now() - 80 * 3_600_000 }],
    [{ everyMs: 90_000 }],
    [{ jobs: 'a' }],
  ])('refuses %j', async ([options], { admin }) => {
    await expect(admin.history(options as never)).rejects.toThrow(OptionError);
  });
});
