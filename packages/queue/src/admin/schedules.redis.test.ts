import { Queue, Worker } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { OptionError, PayloadInvalidError, QueueFullError } from '../job/errors/index.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import type { WorkerPool } from '../pool/worker-pool.ts';
import { QueueView } from '../store/observation/queue-view.ts';
import { bullmqKeys } from '../store/keys/bullmq-keys.ts';
import { ScheduleIterations } from '../store/schedules/schedule-iterations.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import type { Admin } from './admin.ts';
import { connectAdmin } from './connect-admin.ts';

const HOUR = 3_600_000;
const hourly = { everyMs: HOUR };
const report = defineJob({
  name: 'report',
  version: 3,
  payload: z.strictObject({ kind: z.string() }),
  result: z.null(),
});
const queueOf = (name: string) => defineQueue({ name, jobs: [report], capacity: 2 });

/** Every hour, first in half an hour: a move of the clock by n hours passes n times, whatever the time is now. */
const fromHalf = (): { startAt: number } => ({ startAt: Date.now() + HOUR / 2 });

interface Kit {
  admin: Admin;
  raw: Queue;
  /** Ids of the jobs that were run, and by which version of the contract. */
  runs: string[];
  pool: WorkerPool;
  /** Lets the handlers end that wait from now on. */
  gate: PromiseWithResolvers<null>;
  /** Moves the queue's clock. */
  advance: (ms: number) => Promise<unknown>;
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName }, use) => {
    const queue = queueOf(queueName);
    await using admin = await connectAdmin(queue, { redis: redis.url });
    const raw = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    const gate = Promise.withResolvers<null>();
    gate.resolve(null);
    const runs: string[] = [];
    const kit = { admin, raw, runs, gate };
    const handler = defineHandler(report, async ({ id, payload }) => {
      runs.push(`${payload.kind} ${id}`);
      return kit.gate.promise;
    });
    await using pool = createWorkerPool(queue, { report: handler }, { redis: redis.url, concurrency: 5 });
    const view = await QueueView.open(queue, { redis: redis.url });
    await use(Object.assign(kit, { pool, advance: (ms: number) => view.moveBy(ms) }));
    kit.gate.resolve(null);
    await view.close();
    await raw.close();
  },
});

async function untilIt(admin: Admin, shows: object): Promise<void> {
  await vi.waitFor(async () => expect(await admin.schedules.get('hourly')).toMatchObject(shows));
}

describe('a schedule', () => {
  test('is one of BullMQ’s job schedulers, with the payload and options of a put', async ({ kit: { admin, raw } }) => {
    const noon = { cron: '0 12 * * *', timeZone: 'Europe/Berlin' };
    expect(await admin.schedules.set('noon', report, { kind: 'daily' }, noon, { timeoutMs: 500 })).toBe('set');
    const [next] = await admin.schedules.next('noon');
    const [shown] = await raw.getJobSchedulers();
    const as = { key: 'noon', name: 'report', pattern: '0 12 * * *', tz: 'Europe/Berlin', next: next?.getTime() };
    expect(shown).toMatchObject({ ...as, template: { data: { kind: 'daily' } } });
    const [job] = await raw.getDelayed();
    expect(job?.toJSON()).toMatchObject({
      id: `repeat:noon:${next?.getTime()}`,
      data: { kind: 'daily' },
      opts: { attempts: 3, sluice: { v: 3, d: '', t: 500 }, repeat: { pattern: '0 12 * * *', tz: 'Europe/Berlin' } },
    });
    expect(await raw.removeJobScheduler('noon')).toBe(true);
    expect([await admin.schedules.list(), await raw.getJobCountByTypes('delayed')]).toEqual([[], 0]);
  });

  test('is set once by many at a time, and replaced by another', async ({ kit: { admin, raw } }) => {
    const set = (everyMs = HOUR) => admin.schedules.set('hourly', report, { kind: 'a' }, { everyMs });
    const answers = await Promise.all(Array.from({ length: 9 }, () => set()));
    expect(answers.toSorted()).toEqual(['set', ...Array.from({ length: 8 }, () => 'unchanged')]);
    expect(await set(2 * HOUR)).toBe('set');
    expect([(await admin.schedules.get('hourly'))?.cadence, await raw.getDelayedCount()]).toEqual([
      { everyMs: 2 * HOUR },
      1,
    ]);
  });

  test('is refused with a payload, a time or a name that cannot work, and in a full queue', async ({ kit }) => {
    const { schedules } = kit.admin;
    await expect(schedules.set('x', report, { kind: 7 } as never, hourly)).rejects.toThrow(PayloadInvalidError);
    for (const cadence of [
      { everyMs: 10 },
      { cron: '61 * * * *', timeZone: 'UTC' },
      { cron: '0 0 * * *', timeZone: 'Mars' },
    ]) {
      await expect(schedules.set('x', report, { kind: 'a' }, cadence)).rejects.toThrow(OptionError);
    }
    await expect(schedules.set('x', report, { kind: 'a' }, hourly, { endAt: 1 })).rejects.toThrow('no time is left');
    await expect(schedules.set('a:b', report, { kind: 'a' }, hourly)).rejects.toThrow(OptionError);
    await kit.raw.addBulk([1, 2].map((data) => ({ name: 'report', data })));
    await expect(schedules.set('x', report, { kind: 'a' }, hourly)).rejects.toThrow(QueueFullError);
    expect(await schedules.list()).toEqual([]);
  });

  test('runs each time, also by a plain BullMQ worker', async ({ kit, redis, queueName }) => {
    const { admin, pool, advance, runs, raw } = kit;
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, { ...fromHalf(), jitterMs: 1_000 });
    await pool.start();
    for (const count of [1, 2]) {
      await advance(HOUR);
      await vi.waitFor(() => expect(runs).toHaveLength(count));
    }
    await untilIt(admin, { runs: 2, overlapped: 0, missed: 0, state: 'active' });
    await pool.stop();
    await using worker = Object.assign(
      new Worker(`{${queueName}}`, async () => null, { connection: connectionOf(redis.url) }),
      {
        [Symbol.asyncDispose]: () => worker.close(),
      },
    );
    await advance(HOUR);
    await vi.waitFor(async () => expect(await raw.getJobSchedulers()).toMatchObject([{ iterationCount: 4 }]));
    expect(await admin.schedules.list()).toMatchObject([{ name: 'hourly', state: 'active', runs: 2 }]);
    expect(await raw.getDelayedCount()).toBe(1);
  });
});

describe('a schedule that was not run for hours', () => {
  test.for([
    ['skip', 0, 4],
    ['one', 1, 0],
    [{ all: 3 }, 3, 1],
    [{ all: 9 }, 4, 0],
  ] as const)('catches up by %j', async ([catchUp, count, missed], { kit }) => {
    const { admin, pool, advance, runs } = kit;
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, { ...fromHalf(), catchUp });
    await advance(4 * HOUR);
    await pool.start();
    const policy = { runs: count, ...(catchUp === 'skip' ? { missed: 1 } : { missed }) };
    await untilIt(admin, policy);
    const due = runs.map((run) => Number(run.split(':').at(-1)));
    expect(due).toEqual(due.toSorted((a, b) => a - b));
    const [pending] = await kit.raw.getDelayed();
    expect(Number(pending?.id?.split(':').at(-1)) - Date.now()).toBeGreaterThan(4 * HOUR - HOUR);
  });
});

describe('a job of a schedule', () => {
  test('is made anew by a pool when another client has removed it', async ({ kit, redis, queueName }) => {
    const { admin, raw } = kit;
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly);
    const keys = bullmqKeys(queueOf(queueName));
    const client = await redis.client();
    const iterations = new ScheduleIterations({ client, keys, capacity: 2, nowMs: Date.now });
    await iterations.findLost();
    const [before] = await raw.getDelayed();
    await client.zrem(keys['delayed'] ?? '', before?.id ?? '');
    await client.del(`bull:{${queueName}}:${before?.id}`);
    await client.zadd(keys['repeat'] ?? '', Date.now() - HOUR, 'hourly');
    expect(await raw.getDelayedCount()).toBe(0);
    await iterations.findLost();
    expect((await raw.getDelayed()).map(({ id }) => id)).toEqual([before?.id]);
  });

  test('is left out while an earlier one has not ended', async ({ kit }) => {
    const { admin, pool, advance, runs } = kit;
    kit.gate = Promise.withResolvers<null>();
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, fromHalf());
    await pool.start();
    await advance(HOUR);
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    await advance(HOUR);
    await untilIt(admin, { runs: 1, overlapped: 1 });
    kit.gate.resolve(null);
    await vi.waitFor(async () => expect(await kit.raw.getActiveCount()).toBe(0));
    await advance(HOUR);
    await untilIt(admin, { runs: 2, overlapped: 1 });
  });

  test('waits for the end of an earlier one where all are to be run', async ({ kit }) => {
    const { admin, pool, advance, runs } = kit;
    kit.gate = Promise.withResolvers<null>();
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, { ...fromHalf(), catchUp: { all: 9 } });
    await advance(2 * HOUR);
    await pool.start();
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    await vi.waitFor(async () => expect(await kit.raw.getDelayed()).toMatchObject([{ attemptsStarted: 1 }]));
    expect(runs).toHaveLength(1);
    kit.gate.resolve(null);
    await untilIt(admin, { runs: 2, overlapped: 0 });
  });

  test('runs next to an earlier one where that is asked for', async ({ kit }) => {
    const { admin, pool, advance, runs } = kit;
    kit.gate = Promise.withResolvers<null>();
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, { ...fromHalf(), overlap: true });
    await pool.start();
    for (const count of [1, 2]) {
      await advance(HOUR);
      await vi.waitFor(() => expect(runs).toHaveLength(count));
    }
  });

  test('is left out while the schedule is paused, and comes again when it is resumed', async ({ kit }) => {
    const { admin, pool, advance, runs, raw } = kit;
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, fromHalf());
    expect(await admin.schedules.pause('hourly')).toBe(true);
    const [before] = await raw.getDelayed();
    await pool.start();
    await advance(HOUR);
    await vi.waitFor(async () => expect((await raw.getDelayed())[0]?.id).not.toBe(before?.id));
    expect([await admin.schedules.set('hourly', report, { kind: 'b' }, hourly, fromHalf()), runs]).toEqual(['set', []]);
    await untilIt(admin, { state: 'paused', runs: 0 });
    expect(await admin.schedules.resume('hourly')).toBe(true);
    await advance(HOUR);
    await untilIt(admin, { state: 'active', runs: 1 });
    expect([await admin.schedules.pause('none'), await admin.schedules.remove('hourly')]).toEqual([false, true]);
    expect(await raw.getJobCounts('delayed', 'wait')).toEqual({ delayed: 0, wait: 0 });
  });

  test('is the last one before the end', async ({ kit }) => {
    const { admin, pool, advance } = kit;
    await admin.schedules.set('hourly', report, { kind: 'a' }, hourly, { ...fromHalf(), endAt: Date.now() + HOUR });
    await pool.start();
    await advance(2 * HOUR);
    await untilIt(admin, { runs: 1, state: 'ended', nextMs: null });
    expect(await kit.raw.getDelayedCount()).toBe(0);
  });
});
