import { Worker } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';

/** Quick to notice, and long enough that no busy machine loses one by itself. */
const quick = { leaseMs: 3_000, renewMs: 60, sweepMs: 60 };

describe('the fencing token of a delivery (I3)', () => {
  test('grows from delivery to delivery, over retries, releases and other jobs', async ({ open }) => {
    const { pool, add, job } = open({ attempts: 3 });
    for (let count = 0; count < 5; count += 1) await add({ do: 'ok' });
    await add({ do: 'failUntil', attempt: 3 });
    await add({ do: 'retryLater', delayMs: 10 });
    await pool({ concurrency: 2 }).runUntilIdle({ idleMs: 150 });
    const fences = job.runs.map((run) => run.fencingToken);
    expect(fences).toHaveLength(5 + 3 + 2);
    expect(fences).toEqual(fences.toSorted((a, b) => a - b));
    expect(new Set(fences).size).toBe(10);
    for (const fence of fences) expect(Number.isSafeInteger(fence)).toBe(true);
  });

  test('grows over removal, a new put of the same id, and obliterate', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const running = pool();
    await running.start();
    const again = async (): Promise<void> => {
      const before = job.runs.length;
      await add({ do: 'ok' }, { jobId: 'same' });
      await vi.waitFor(async () => expect(await raw.getJobState('same')).toBe('completed'));
      expect(job.runs).toHaveLength(before + 1);
    };
    await again();
    await raw.remove('same');
    await again();
    await raw.obliterate({ force: true });
    await again();
    const [first = 0, second = 0, third = 0] = job.runs.map((run) => run.fencingToken);
    expect([first < second, second < third]).toEqual([true, true]);
  });

  test('never goes back, although Redis’s clock did', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    const ahead = (Date.now() + 3_600_000) * 1_000 + 123;
    await redis.hset(key('meta'), 'sluice.fence', ahead);
    for (let count = 0; count < 3; count += 1) await add({ do: 'ok' });
    await pool().runUntilIdle({ idleMs: 50 });
    expect(job.runs.map((run) => run.fencingToken)).toEqual([ahead + 1, ahead + 2, ahead + 3]);
    expect(await redis.hget(key('meta'), 'sluice.fence')).toBe(String(ahead + 3));
  });

  test('grows also where BullMQ’s script takes, because the queue is limited', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    await raw.setGlobalConcurrency(2);
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) ids.push(await add({ do: 'waitForGate' }));
    const running = pool({ concurrency: 4 });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(2));
    for (const { id, fencingToken: fence } of job.runs) {
      const lock = await redis.get(key(`${id}:lock`));
      expect(lock?.split(':').at(-1)).toBe(String(fence));
      expect(await redis.hget(key(id), 'sluice.by')).toBe(`1:${lock}`);
    }
    job.openGate();
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(6));
    const fences = job.runs.map((run) => run.fencingToken);
    expect(new Set(fences).size).toBe(6);
    expect(Math.max(...fences)).toBe(Number(await redis.hget(key('meta'), 'sluice.fence')));
  });

  test('is larger for the one who took over than for the one who was given up', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    const id = await add({ do: 'ignoreSignal' });
    const running = pool({ timings: quick, concurrency: 1 });
    const lost = vi.fn<() => void>();
    running.on('leaseLost', lost);
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    // As if it had been given up while it could not reach Redis.
    const givenBack = redis
      .multi()
      .del(key(`${id}:lock`))
      .lmove(key('active'), key('wait'), 'RIGHT', 'RIGHT');
    await givenBack.zadd(key('marker'), 0, '0').exec();
    await vi.waitFor(() => expect(job.runs).toHaveLength(2));
    const [given = 0, over = 0] = job.runs.map((run) => run.fencingToken);
    expect(given).toBeLessThan(over);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(running.health().leaseLost).toBe(1);
  });
});

describe('a job’s hash', () => {
  test('says whether the last taker of the job was a pool of ours', async ({ open }) => {
    const { pool, add, raw, redis, key } = open({ delayMs: 60_000 });
    const id = await add({ do: 'failUntil', attempt: 2 });
    const running = pool();
    await running.start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('delayed'));
    const isOurs = async (): Promise<boolean> => {
      const [by, ats] = await redis.hmget(key(id), 'sluice.by', 'ats');
      return by?.startsWith(`${ats}:`) ?? false;
    };
    expect(await isOurs()).toBe(true);
    await running.stop();
    await (await raw.getJob(id))?.promote();
    const foreign = new Worker(raw.name, null, {
      connection: redis,
      prefix: raw.opts.prefix ?? 'bull',
      autorun: false,
    });
    try {
      expect((await foreign.getNextJob('foreign', { block: false }))?.id).toBe(id);
      expect(await isOurs()).toBe(false);
    } finally {
      await foreign.close();
    }
  });
});
