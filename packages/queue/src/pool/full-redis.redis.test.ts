import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { createBoundedBackend } from '../store/backend/create-bounded-backend.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const MIB = 2 ** 20;
const CAPACITY = 10_000;
const LEASE_MS = 1_000;
const EVENTS_MAX = 200;

const step = defineJob({
  name: 'step',
  payload: z.strictObject({ do: z.enum(['return', 'fail once', 'hold']), filler: z.string().default('') }),
  result: z.null(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 1 } },
});
const filler = 'x'.repeat(4_096);

interface Run {
  do: string;
  attempt: number;
}
type Work = (run: Run) => Promise<null>;

/** Who works on the queue, from now until it is disposed of. */
type StartWorkers = (queue: QueueDefinition, redis: string, work: Work) => Promise<AsyncDisposable>;

const workerKinds: Record<string, StartWorkers> = {
  'a pool': async (queue, redis, work) => {
    const handler = defineHandler(step, ({ payload, attempt }) => work({ do: payload.do, attempt }));
    const timings = { leaseMs: LEASE_MS, renewMs: 300, sweepMs: 300 };
    const pool = createWorkerPool(queue, { step: handler }, { redis, concurrency: 20, timings });
    await pool.start();
    return pool;
  },
  'a plain BullMQ Worker': async (queue, redis, work) => {
    const worker = new Worker(
      `{${queue.name}}`,
      ({ data, attemptsMade }) => work({ do: data.do, attempt: attemptsMade + 1 }),
      { connection: connectionOf(redis), concurrency: 20, lockDuration: LEASE_MS, stalledInterval: 300 },
      createBoundedBackend({ capacity: CAPACITY }),
    );
    worker.on('error', () => undefined);
    return { [Symbol.asyncDispose]: () => worker.close() };
  },
};

async function usedMemory(client: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
}

/** What others keep in the same Redis. */
async function addForeignKeys(client: Redis): Promise<void> {
  for (let n = 0; n < 96; n += 1) await client.set(`foreign:${n}`, 'x'.repeat(MIB / 8));
}

/** Everything of the queue but Sluice's own keys, which expire. */
async function readQueue(client: Redis, base: string): Promise<Map<string, string | undefined>> {
  const keys = (await client.keys(`${base}*`)).filter((key) => !key.startsWith(`${base}sluice:`)).toSorted();
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
  return new Map(keys.map((key, index) => [key, dumps[index]?.toString('base64')]));
}

const test = isolatedRedisTest.extend({ serverOptions: { persistent: false } });

describe('on a full Redis (A7)', () => {
  test('puts are refused and nothing of them is written', async ({ redis, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [step], capacity: CAPACITY });
    await using producer = await connectProducer(queue, { redis: redis.url, memoryWatermark: 1 });
    const client = await redis.client();
    await client.config('SET', 'maxmemory', String((await usedMemory(client)) + 6 * MIB));

    const batch = (): Promise<PromiseSettledResult<unknown>[]> =>
      Promise.allSettled(Array.from({ length: 50 }, () => producer.tryPut(step, { do: 'return', filler })));
    let put = 0;
    for (let refused = 0; refused < 50;) {
      const answers = await batch();
      const rejected = answers.filter((answer) => answer.status === 'rejected');
      refused = rejected.length;
      put += answers.length - refused;
      for (const { reason } of rejected) expect(reason).toMatchObject({ code: 'SLUICE_QUEUE_FULL', reason: 'memory' });
    }
    expect(put).toBeGreaterThan(500);
    // Well below what is in use: what a reply or a client gives back must not let a job in.
    await client.config('SET', 'maxmemory', String((await usedMemory(client)) - 2 * MIB));
    const base = `bull:{${queueName}}:`;
    const before = await readQueue(client, base);
    expect(await client.llen(`${base}wait`)).toBe(put);
    expect(before.size).toBe(put + 5); // wait, meta, id, events, marker
    await batch();
    expect(await readQueue(client, base)).toEqual(before);
  });

  for (const [name, startWorkers] of Object.entries(workerKinds)) {
    test(
      `${name} drains the queue, renews its leases and recovers the jobs of others`,
      { timeout: 45_000 },
      async ({ redis, queueName }) => {
        const queue = defineQueue({ name: queueName, jobs: [step], capacity: CAPACITY });
        await using producer = await connectProducer(queue, { redis: redis.url });
        const client = await redis.client();
        const base = `bull:{${queueName}}:`;
        await client.hset(`${base}meta`, 'opts.maxLenEvents', EVENTS_MAX);

        // A worker that took a job and died.
        const dead = await producer.put(step, { do: 'return' });
        const mortal = new Worker(`{${queueName}}`, null, { connection: connectionOf(redis.url), lockDuration: 100 });
        await mortal.getNextJob('mortal');
        await mortal.close();
        const held = await producer.put(step, { do: 'hold' });
        await addForeignKeys(client);
        const foreign = await usedMemory(client);
        const payloads = Array.from(
          { length: 1_000 },
          (_, n) => ({ do: n % 10 ? 'return' : 'fail once', filler }) as const,
        );
        for await (const { status } of producer.putMany(step, payloads)) expect(status).toBe('created');
        // Below what the foreign keys alone take, so it stays full whatever becomes of the queue.
        await client.config('SET', 'maxmemory', String(foreign));

        const release = Promise.withResolvers<null>();
        await using _workers = await startWorkers(queue, redis.url, async (run) => {
          if (run.do === 'fail once' && run.attempt === 1) throw new Error('not yet');
          return run.do === 'hold' ? release.promise : null;
        });
        await expect.poll(() => producer.stats()).toMatchObject({ depth: 1, active: 1 });
        const lock = `${base}${held.id}:lock`;
        const token = await client.get(lock);
        const started = Number(await client.hget(`${base}${held.id}`, 'processedOn'));
        await expect.poll(() => Date.now() - started).toBeGreaterThan(2.5 * LEASE_MS);
        expect(await client.get(lock)).toBe(token);
        release.resolve(null);
        await producer.join({ waitMs: 10_000 });

        await expect(client.set('any', 'thing')).rejects.toThrow('OOM');
        expect(await producer.stats()).toMatchObject({ depth: 0, completed: 1_002, dead: 0 });
        expect(await producer.result(dead)).toBeNull();
        expect(await client.xlen(`${base}events`)).toBeLessThan(3 * EVENTS_MAX);

        const waiting = producer.put(step, { do: 'return' }, { waitMs: 20_000 });
        await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
        await client.unlink(await client.keys('foreign:*'));
        expect(await waiting).toMatchObject({ status: 'created' });
      },
    );
  }
});
