import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { outliveLease } from './testing/outlive-lease.ts';
import { poolTest as test } from './testing/pool-test.ts';

describe('the deadline of an attempt', () => {
  test('aborts the signal with a JobTimeoutError and fails the attempt with its code', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open({ timeoutMs: 60, attempts: 1 });
    const id = await add({ do: 'hang' });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    expect(job.runs[0]?.signal.reason).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT' });
    expect((await raw.getJob(id))?.failedReason).toBe('Timeout after 0.06 seconds');
    expect(await redis.hget(key(id), 'sluice.code')).toBe('SLUICE_JOB_TIMEOUT');
  });

  test('may be set by the put, up to the limit of the contract', async ({ open }) => {
    const { pool, add, job, raw } = open({ timeoutMs: 5_000, attempts: 1 });
    const id = await add({ do: 'hang' }, { sluice: { v: 1, t: 40 } });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    expect(job.runs[0]?.signal.reason).toMatchObject({ timeoutMs: 40 });
  });

  test('does not take away the result of a handler that returns within its grace', async ({ open }) => {
    const { pool, add, raw } = open({ timeoutMs: 40, graceMs: 1_000 });
    const id = await add({ do: 'returnLate' });
    await pool().start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect((await raw.getJob(id))?.returnvalue).toEqual({ said: 'late', attempt: 1 });
  });

  test('frees the slot of a handler that ignores its signal within 50 ms of the end of its grace', async ({ open }) => {
    const { pool, add, job, raw } = open({ timeoutMs: 200, graceMs: 100, attempts: 1 });
    // A busy machine may be late with some of them, but not with all.
    const stuck: string[] = [];
    for (let count = 0; count < 8; count += 1) stuck.push(await add({ do: 'ignoreSignal' }));
    await add({ do: 'ok' });
    const running = pool({ concurrency: 1 });
    const startedAt: number[] = [];
    const abandonedAtStart: number[] = [];
    running.on('started', () => {
      startedAt.push(performance.now());
      abandonedAtStart.push(running.health().abandoned);
    });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(9));
    expect(abandonedAtStart).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const tookMs = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(295);
    expect(Math.min(...tookMs)).toBeLessThan(350);
    for (const id of stuck) expect(await raw.getJobState(id)).toBe('failed');
    expect(running.health()).toMatchObject({ abandoned: 8 });
    job.openGate();
    await vi.waitFor(() => expect(running.health().abandoned).toBe(0));
  });

  test('ignores the late rejection of an abandoned handler', async ({ open }) => {
    const { pool, add, job, raw } = open({ timeoutMs: 20, graceMs: 20, attempts: 1 });
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const id = await add({ do: 'rejectLate' });
    const running = pool();
    await running.start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    void job.runs[0]?.progress('still here');
    job.openGate();
    await vi.waitFor(() => expect(running.health().abandoned).toBe(0));
    await turn();
    expect(unhandled).not.toHaveBeenCalled();
    expect((await raw.getJob(id))?.progress).toBe(0);
  });

  test('renews the lease as long as the attempt runs', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open({ timeoutMs: 60_000 });
    const id = await add({ do: 'waitForGate' });
    const running = pool({ timings: { leaseMs: 1_500, renewMs: 60, sweepMs: 60 } });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    for (let time = 0; time < 2; time += 1) await outliveLease(redis, key(`${id}:lock`));
    job.openGate();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(job.runs).toHaveLength(1);
    expect(running.health()).toMatchObject({ leaseLost: 0, recovered: 0 });
  });
});
