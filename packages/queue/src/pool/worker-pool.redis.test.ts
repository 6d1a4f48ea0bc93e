import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';

describe('a worker pool', () => {
  test('runs a job and stores its result as BullMQ would', async ({ open }) => {
    const { pool, add, raw, job } = open();
    const id = await add({ do: 'ok', value: 'hello' });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(await raw.getJob(id)).toMatchObject({ returnvalue: { said: 'hello', attempt: 1 }, attemptsMade: 1 });
    expect(job.runs).toHaveLength(1);
  });

  test('never runs more attempts at once than it has slots', async ({ open }) => {
    const { pool, add, job, raw } = open();
    for (let count = 0; count < 10; count += 1) await add({ do: 'waitForGate' });
    const running = pool({ concurrency: 3 });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(3));
    expect(await raw.getJobCounts('active', 'waiting')).toEqual({ active: 3, waiting: 7 });
    expect(running.health()).toMatchObject({ slots: 3, busy: 3 });
    job.openGate();
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(10));
  });

  test('gives each delivery a lock token of its own, also in the same slot', async ({ open }) => {
    const { pool, add, job, redis, key, raw } = open({ attempts: 5 });
    await add({ do: 'failUntil', attempt: 2 });
    await add({ do: 'ok' });
    const tokens: string[] = [];
    const monitor = await redis.monitor();
    monitor.on('monitor', (_time: string, args: string[]) => {
      if (args[0]?.toLowerCase() === 'set' && args[1]?.endsWith(':lock') && args[3] === 'PX')
        tokens.push(args[2] ?? '');
    });
    try {
      await pool({ concurrency: 1 }).start();
      await vi.waitFor(() => expect(job.runs).toHaveLength(3));
      const id = await add({ do: 'waitForGate' });
      await vi.waitFor(() => expect(job.runs).toHaveLength(4));
      expect(await redis.get(key(`${id}:lock`))).toBe(tokens.at(-1));
      job.openGate();
      await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(3));
    } finally {
      monitor.disconnect();
    }
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens).size).toBe(4);
  });

  test('retries with the delay of the contract, and completes', async ({ open }) => {
    const { pool, add, job, raw } = open({ delayMs: 150 });
    const id = await add({ do: 'failUntil', attempt: 3 });
    const running = pool();
    const delays: number[] = [];
    running.on('retried', ({ delayMs }) => delays.push(delayMs));
    await running.start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(job.runs.map((run) => run.attempt)).toEqual([1, 2, 3]);
    expect(job.runs[0]).toMatchObject({ maxAttempts: 3 });
    expect(delays).toEqual([150, 150]);
    expect((await raw.getJob(id))?.attemptsMade).toBe(3);
  });

  test('keeps a job that failed for good with its reason, code and stack', async ({ open }) => {
    const { pool, add, raw, redis, key } = open({ attempts: 2, delayMs: 0 });
    const id = await add({ do: 'fail', message: 'x'.repeat(5_000) });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    const stored = await raw.getJob(id);
    expect(stored?.failedReason).toBe('x'.repeat(2_048));
    expect(stored?.attemptsMade).toBe(2);
    expect(stored?.stacktrace?.length).toBeGreaterThan(0);
    expect(Buffer.byteLength(JSON.stringify(stored?.stacktrace))).toBeLessThan(9_000);
    expect(await redis.hget(key(id), 'sluice.code')).toBe('ERROR');
  });

  test('does not try again after a permanent error', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'failForGood' });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    expect(job.runs).toHaveLength(1);
    expect(await redis.hget(key(id), 'sluice.code')).toBe('SLUICE_PERMANENT');
  });

  test('keeps whatever was thrown, error or not', async ({ open }) => {
    const { pool, add, raw } = open({ attempts: 1 });
    const id = await add({ do: 'throwString' });
    await pool().start();
    await vi.waitFor(async () => expect((await raw.getJob(id))?.failedReason).toBe('just a string'));
  });

  test('dead-letters a job whose payload or result does not match the contract at once', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    const [badPayload, badResult] = [await add({ do: 'nothing known' }), await add({ do: 'wrongResult' })];
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getFailedCount()).toBe(2));
    expect(job.runs).toHaveLength(1);
    expect(await redis.hget(key(badPayload), 'sluice.code')).toBe('SLUICE_PAYLOAD_INVALID');
    expect(await redis.hget(key(badResult), 'sluice.code')).toBe('SLUICE_RESULT_INVALID');
  });

  test('gives a job back without spending an attempt when the handler asks for it', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'retryLater', delayMs: 30, attempts: 2 });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(job.runs.map((run) => run.attempt)).toEqual([1, 1, 1]);
    expect((await raw.getJob(id))?.attemptsMade).toBe(1);
  });

  test('puts a job without a handler here, or of a newer version, aside without spending an attempt', async ({
    open,
  }) => {
    const { pool, add, job, raw, redis, key } = open();
    const stranger = await add({ do: 'ok' }, { name: 'stranger' });
    const newer = await add({ do: 'ok' }, { sluice: { v: 2, d: 'x' } });
    const running = pool();
    const codes: string[] = [];
    running.on('released', ({ code }) => codes.push(code));
    await running.start();
    await vi.waitFor(async () => expect(await raw.getDelayedCount()).toBe(2));
    expect(job.runs).toHaveLength(0);
    await vi.waitFor(() => expect(codes.toSorted()).toEqual(['SLUICE_JOB_NOT_SERVED', 'SLUICE_VERSION_TOO_NEW']));
    for (const id of [stranger, newer]) {
      const { attemptsMade, delay = 0 } = (await raw.getJob(id)) ?? {};
      expect(attemptsMade).toBe(0);
      expect(delay).toBeGreaterThanOrEqual(750); // a random part of a quarter is taken off
      expect(delay).toBeLessThanOrEqual(1_000);
    }
    // The job and the pool's health both show the reason.
    expect((await raw.getJob(stranger))?.failedReason).toBe(
      'no handler for stranger here: deploy it, or give the job a queue of its own',
    );
    expect(await redis.hget(key(stranger), 'sluice.code')).toBe('SLUICE_JOB_NOT_SERVED');
    expect(await redis.hget(key(newer), 'sluice.code')).toBe('SLUICE_VERSION_TOO_NEW');
    const unserved = running.health().unserved.toSorted((a, b) => (a.job < b.job ? -1 : 1));
    expect(unserved).toMatchObject([
      { job: 'scripted', code: 'SLUICE_VERSION_TOO_NEW', isOwn: false },
      { job: 'stranger', code: 'SLUICE_JOB_NOT_SERVED', isOwn: false },
    ]);
    expect(running.health().ready).toBe(true);
  });

  test('dead-letters a job that expired before it was started', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    const late = await add({ do: 'ok' }, { sluice: { v: 1, e: Date.now() - 1 } });
    const early = await add({ do: 'ok' }, { sluice: { v: 1, e: Date.now() + 60_000 } });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(early)).toBe('completed'));
    await vi.waitFor(async () => expect(await raw.getJobState(late)).toBe('failed'));
    expect(job.runs).toHaveLength(1);
    expect(await redis.hget(key(late), 'sluice.code')).toBe('SLUICE_JOB_EXPIRED');
  });

  test('stores progress while the attempt runs, and refuses it afterwards', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'progress', value: { page: 3 } });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect((await raw.getJob(id))?.progress).toEqual({ page: 3 });
    await expect(job.runs[0]?.progress(1)).rejects.toMatchObject({ code: 'SLUICE_LEASE_LOST' });
  });

  test('refuses progress of more than 4 KiB', async ({ open }) => {
    const { pool, add, raw, redis, key } = open({ attempts: 1 });
    const id = await add({ do: 'progress', value: 'x'.repeat(4_095) });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    expect(await redis.hget(key(id), 'sluice.code')).toBe('SLUICE_PROGRESS_INVALID');
  });

  test('keeps as many finished jobs as the queue says', async ({ open }) => {
    const { pool, add, raw } = open({ keep: { completed: { count: 3 }, dead: { count: 2 } }, attempts: 1 });
    for (let count = 0; count < 6; count += 1) await add({ do: count % 2 === 0 ? 'ok' : 'fail' });
    for (let count = 0; count < 6; count += 1) await add({ do: 'ok' });
    await pool().runUntilIdle({ idleMs: 100 });
    expect(await raw.getJobCounts('completed', 'failed')).toEqual({ completed: 3, failed: 2 });
  });

  test('runs urgent jobs after those without a priority, the smallest number first', async ({ open }) => {
    const { pool, add, job } = open();
    const ids = [
      await add({ do: 'ok' }, { priority: 5 }),
      await add({ do: 'ok' }, { priority: 1 }),
      await add({ do: 'ok' }),
    ];
    await pool({ concurrency: 1 }).runUntilIdle({ idleMs: 50 });
    expect(job.runs.map((run) => run.id)).toEqual([ids[2], ids[1], ids[0]]);
  });

  test('drops what is left of a job that was removed while its id was queued', async ({ open }) => {
    const { pool, add, raw, redis, key } = open();
    const id = await add({ do: 'ok' });
    await redis.del(key(id));
    await pool().runUntilIdle({ idleMs: 50 });
    expect(await redis.hgetall(key(id))).toEqual({});
    expect(await raw.getJobCounts()).toMatchObject({ active: 0, failed: 0, waiting: 0 });
  });
});
