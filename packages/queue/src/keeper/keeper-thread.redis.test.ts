import type { Worker } from 'node:worker_threads';
import { createClient } from '../redis/redis-input.ts';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { poolTest as test } from '../pool/testing/pool-test.ts';

const quick = { leaseMs: 600, renewMs: 100, sweepMs: 100 };

/** The threads that are started during this test. */
function watchThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (worker: Worker): void => void threads.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}

const isGone = (thread: Worker): boolean => thread.threadId === -1;

describe('the thread of the lease keeper', () => {
  test('ends with its pool, whether that stops, drains, or never started', async ({ open }) => {
    const threads = watchThreads();
    const { pool } = open();
    const [stopped, drained] = [pool(), pool()];
    await Promise.all([stopped.start(), drained.start()]);
    await Promise.all([stopped.stop(), drained.drain()]);
    const failed = pool({ redis: 'unix:///nowhere/redis.sock', unavailableMs: 100 });
    await expect(failed.start()).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
    const interrupted = pool();
    const started = interrupted.start();
    await interrupted.stop();
    await expect(started).rejects.toThrow();
    expect(threads).toHaveLength(4);
    expect(threads.map(isGone)).toEqual([true, true, true, true]);
  });

  test('is replaced when it dies, and the pool goes on with the leases that it holds', async ({ open }) => {
    const threads = watchThreads();
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'waitForGate' });
    const running = pool({ timings: quick });
    const seen: string[] = [];
    for (const name of ['keeperLost', 'keeperBack'] as const) running.on(name, () => seen.push(name));
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await threads[0]?.terminate();
    expect(running.health()).toMatchObject({ keeper: 'away', redis: 'up', state: 'running' });
    await vi.waitFor(() => expect(running.health().keeper).toBe('up'), { timeout: 10_000 });
    expect(seen).toEqual(['keeperLost', 'keeperBack']);
    await redis.pexpire(key(`${id}:lock`), 1); // as if the new thread had come too late
    await vi.waitFor(async () => expect(await redis.pttl(key(`${id}:lock`))).toBeGreaterThan(100));
    job.openGate();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    await vi.waitFor(() => expect(running.health()).toMatchObject({ leaseLost: 0, completed: 1, recovered: 0 }));
    await running.stop();
    expect(threads.map(isGone)).toEqual([true, true]);
  });

  test('reaches Redis by a client that was handed in, on the third and last connection of the pool', async ({
    open,
    redis,
    skip,
  }) => {
    skip(redis.isCluster, 'counts the clients of one server');
    const { pool, add, raw } = open();
    const admin = await redis.client();
    const given = createClient(redis.url, { retryStrategy: () => 10 });
    const before = String(await admin.client('LIST'))
      .trim()
      .split('\n').length;
    const running = pool({ redis: given });
    await running.start();
    const id = await add({ do: 'ok' });
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(running.health().keeper).toBe('up');
    expect(
      String(await admin.client('LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(before + 3);
    given.disconnect();
  });

  test('shortens the lease of a job whose deadline and grace are shorter', async ({ open }) => {
    const { pool, add, job, redis, key } = open({ timeoutMs: 2_000, graceMs: 0 });
    const id = await add({ do: 'waitForGate' });
    await pool({ timings: { leaseMs: 60_000, renewMs: 20_000, sweepMs: 20_000 } }).start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await vi.waitFor(async () => expect(await redis.pttl(key(`${id}:lock`))).toBeLessThanOrEqual(3_000));
  });

  test('tells of a lease that another delivery took away while the attempt runs', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    const id = await add({ do: 'hang' });
    const running = pool({ timings: quick });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await redis.set(key(`${id}:lock`), 'somebody else', 'PX', 60_000);
    await vi.waitFor(() => expect(job.runs[0]?.signal.reason).toMatchObject({ code: 'SLUICE_LEASE_LOST' }));
  });
});
