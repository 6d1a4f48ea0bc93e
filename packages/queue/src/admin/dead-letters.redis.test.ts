import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { OptionError } from '../job/errors/index.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { connectProducer } from '../put/connect-producer.ts';
import type { Producer } from '../put/producer.ts';
import type { Admin } from './admin.ts';
import { connectAdmin } from './connect-admin.ts';

const step = defineJob({
  name: 'step',
  payload: z.object({ n: z.int() }),
  result: z.null(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 1 } },
});
const queueOf = (name: string) => defineQueue({ name, jobs: [step], capacity: 5, idempotencyMs: 60_000 });

interface Fixtures {
  producer: Producer<ReturnType<typeof queueOf>>;
  admin: Admin;
  /** Runs all that waits; a job fails while its number is in `broken`. */
  work: () => Promise<void>;
  broken: Set<number>;
  /** Puts the jobs `d1` to `d<n>`, 5 at most, and lets them die. */
  die: (count: number) => Promise<void>;
}

const test = redisTest.extend<Fixtures>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await use(producer);
  },
  admin: async ({ redis, queueName }, use) => {
    await using admin = await connectAdmin({ name: queueName }, { redis: redis.url });
    await use(admin);
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern
  broken: async ({}, use) => use(new Set()),
  work: async ({ redis, queueName, producer, admin, broken }, use) => {
    const handler = defineHandler(step, async ({ payload: { n } }) => {
      if (broken.has(n)) throw new Error(`${n} is broken`);
      return null;
    });
    const options = { redis: redis.url, concurrency: 1, name: 'the-worker' };
    await using pool = createWorkerPool(queueOf(queueName), { step: handler }, options);
    await admin.pause();
    await pool.start();
    await use(async () => {
      await admin.resume();
      await producer.join();
      await admin.pause();
    });
  },
  die: async ({ producer, broken, work }, use) => {
    await use(async (count) => {
      for (let n = 1; n <= count; n += 1) {
        broken.add(n);
        await producer.put(step, { n }, { id: `d${n}` });
      }
      await work();
    });
  },
});

async function idsOf(admin: Admin): Promise<string[]> {
  return (await admin.deadLetters.list()).jobs.map(({ id }) => id);
}

describe('dead letters', () => {
  test('show why they died, with the errors, times and worker of each attempt', async ({ admin, die }) => {
    await die(1);
    const found = await admin.deadLetters.find('d1');
    expect(found).toMatchObject({
      id: 'd1',
      state: 'dead',
      attempts: 2,
      failure: { code: 'ERROR', message: '1 is broken' },
      worker: 'the-worker',
      deliveries: 2,
      payload: { n: 1 },
      replays: { count: 0, lastAt: null, lastDeath: null },
    });
    expect(found?.failedAttempts).toMatchObject([
      { delivery: 1, attempt: 1, code: 'ERROR', message: '1 is broken', worker: 'the-worker' },
      { delivery: 2, attempt: 2, code: 'ERROR', message: '1 is broken', worker: 'the-worker' },
    ]);
    const [first, second] = found?.failedAttempts ?? [];
    expect(first?.at).toBeLessThanOrEqual(second?.at ?? 0);
    expect(Math.abs((second?.at ?? 0) - (found?.endedAt ?? 0))).toBeLessThan(1_000);
    expect(found?.stacks).toHaveLength(2);
    expect(await admin.deadLetters.find('other')).toBeNull();
  });

  test('are replayed with new attempts under their ids, and keep their history', async ({
    admin,
    die,
    work,
    producer,
  }) => {
    await die(1);
    const report = await admin.deadLetters.replay('d1');
    expect(report).toMatchObject({ matched: 1, results: { replayed: 1 }, stopped: 'end', left: 0 });
    expect(await admin.find('d1')).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(await admin.find('d1')).not.toHaveProperty('failure');
    expect(await producer.put(step, { n: 1 }, { id: 'd1' })).toMatchObject({ status: 'duplicate' });
    await work();
    expect(await admin.deadLetters.find('d1')).toMatchObject({
      attempts: 2,
      deliveries: 4,
      failedAttempts: [{ delivery: 1 }, { delivery: 2 }, { delivery: 3, attempt: 1 }, { delivery: 4, attempt: 2 }],
      replays: { count: 1, lastAt: expect.any(Number), lastDeath: { code: 'ERROR', message: '1 is broken' } },
    });
    expect((await admin.deadLetters.list()).jobs).toMatchObject([{ id: 'd1', worker: 'the-worker', replays: 1 }]);
  });

  test('are replayed in the order in which they died, and count as dead no more', async ({
    admin,
    die,
    broken,
    work,
  }) => {
    await die(3);
    await admin.deadLetters.replay({ error: 'broken' });
    expect((await admin.jobs({ state: 'waiting' })).jobs.map(({ id }) => id)).toEqual(['d1', 'd2', 'd3']);
    broken.clear();
    await work();
    expect(await admin.stats()).toMatchObject({ dead: 0, completed: 3, depth: 0 });
  });

  test('wait for capacity in the order of arrival, and never break the bound', async ({
    admin,
    die,
    producer,
    broken,
    work,
  }) => {
    await die(5);
    for (let n = 11; n <= 15; n += 1) await producer.put(step, { n }, { id: `w${n}` });
    const put = producer.put(step, { n: 16 }, { id: 'w16', waitMs: 30_000 });
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { puts: 1 } });
    const replayed = admin.deadLetters.replay({}, { ratePerSecond: 10_000 });
    await expect.poll(() => admin.stats()).toMatchObject({ waiters: { puts: 6 }, depth: 5, over: 0 });
    expect(await producer.tryPut(step, { n: 17 }).catch(({ code }) => code)).toBe('SLUICE_QUEUE_FULL');
    await admin.cancel('w15');
    await put;
    expect(await admin.stats()).toMatchObject({ depth: 5, over: 0, dead: 5, waiters: { puts: 5 } });
    broken.clear();
    const [report] = await Promise.all([replayed, work()]);
    expect(report).toMatchObject({ results: { replayed: 5 }, stopped: 'end', left: 0 });
    await work();
    expect(await admin.stats()).toMatchObject({ depth: 0, dead: 0, completed: 10, waiters: { puts: 0 } });
  });

  test('that find no capacity are left where the run may not wait, and the cursor goes on with them', async ({
    admin,
    die,
    producer,
  }) => {
    await die(5);
    for (let n = 11; n <= 13; n += 1) await producer.put(step, { n });
    const first = await admin.deadLetters.replay({}, { waitMs: 0 });
    expect(first).toMatchObject({ results: { replayed: 2 }, stopped: 'full', left: 3 });
    expect(await admin.stats()).toMatchObject({ depth: 5, over: 0, dead: 3, waiters: { puts: 0 } });
    await admin.setCapacity(8);
    const second = await admin.deadLetters.replay({}, { waitMs: 0, cursor: first.next ?? '' });
    expect(second).toMatchObject({ results: { replayed: 3 }, stopped: 'end', left: 0 });
    await admin.seal();
    expect(await admin.deadLetters.replay('d1', { waitMs: 0 })).toMatchObject({ results: { gone: 1 } });
  });

  test('that die again are not replayed again by the same run', async ({ admin, die, work }) => {
    await die(3);
    const first = await admin.deadLetters.replay({}, { limit: 1 });
    expect(first).toMatchObject({ matched: 1, stopped: 'limit', left: 2 });
    await work();
    const second = await admin.deadLetters.replay({}, { cursor: first.next ?? '' });
    expect(second).toMatchObject({ matched: 2, results: { replayed: 2 } });
    await work();
    expect((await admin.deadLetters.list()).jobs.map(({ replays }) => replays)).toEqual([1, 1, 1]);
    const third = await admin.deadLetters.replay({}, { cursor: first.next ?? '' });
    expect(third).toMatchObject({ matched: 0, results: {} });
  });

  test('that have expired stay dead, or never expire any more', async ({ admin, producer, work }) => {
    const expiresAt = Date.now() + 1_500; // a busy machine has put it by then
    await producer.put(step, { n: 1 }, { id: 'late', expiresAt });
    await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt);
    await work();
    expect(await admin.deadLetters.find('late')).toMatchObject({ failure: { code: 'SLUICE_JOB_EXPIRED' } });
    expect(await admin.deadLetters.replay('late')).toMatchObject({ results: { expired: 1 } });
    expect(await admin.deadLetters.replay('late', { clearExpiry: true })).toMatchObject({ results: { replayed: 1 } });
    expect(await admin.find('late')).toMatchObject({ expiresAt: null, state: 'waiting' });
    await work();
    expect(await admin.find('late')).toMatchObject({ state: 'completed' });
    expect(await producer.put(step, { n: 1 }, { id: 'late' })).toMatchObject({ status: 'duplicate' });
  });

  test('are counted, and purged by filter or by id', async ({ admin, die, producer }) => {
    await die(4);
    await producer.put(step, { n: 9 }, { id: 'waits' });
    const { purge } = { purge: admin.deadLetters.purge.bind(admin.deadLetters) };
    expect(await purge({ payload: { n: [1, 2] } }, { dryRun: true })).toMatchObject({ matched: 2, results: {} });
    expect(await idsOf(admin)).toHaveLength(4);
    expect(await purge({ payload: { n: [1, 2] } })).toMatchObject({ matched: 2, results: { purged: 2 } });
    expect(await idsOf(admin)).toEqual(['d4', 'd3']);
    expect(await purge(['d3', 'waits', 'none'])).toMatchObject({ results: { purged: 1, gone: 2 } });
    expect(await admin.stats()).toMatchObject({ dead: 1, depth: 1 });
    expect(await producer.put(step, { n: 1 }, { id: 'd1' })).toMatchObject({ status: 'duplicate' });
  });

  test.for([[{ state: 'dead' }], [{ code: 5 }]])('refuse the filter %j', async ([filter], { admin }) => {
    await expect(admin.deadLetters.purge(filter as never)).rejects.toThrow(OptionError);
    await expect(admin.deadLetters.replay('x', { waitMs: -1 })).rejects.toThrow(OptionError);
    await expect(admin.deadLetters.replay('x', { rate: 1 } as never)).rejects.toThrow(OptionError);
  });
});
