import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { createClient } from '../../store/connection/redis-input.ts';
import type { PoolHarness } from '../../pool/testing/pool-harness.ts';
import { poolTest as test } from '../../pool/testing/pool-test.ts';

const quick = { leaseMs: 1_500, renewMs: 100, sweepMs: 100 };

/** The threads that are started during this test. */
function watchThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (worker: Worker): void => void threads.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}

/** Resolves when the job's lock has lasted for longer than a lease lasts that nobody renews. */
async function outlasts({ redis, key }: PoolHarness, id: string, ms: number): Promise<void> {
  const since = performance.now();
  await vi.waitFor(async () => {
    expect(await redis.exists(key(`${id}:lock`))).toBe(1);
    expect(performance.now() - since).toBeGreaterThan(ms);
  });
}

async function signsOfLife({ redis, key }: PoolHarness): Promise<number> {
  // In a script, so that a cluster looks where the queue is.
  return Number(await redis.eval(`return #redis.call('KEYS', ARGV[1])`, 1, key('meta'), key('sluice:pool:*')));
}

const isGone = (thread: Worker): boolean => thread.threadId === -1;

describe('the lease thread', () => {
  test('is one for all pools of a process on one Redis, and ends with the last of them', async ({ open }) => {
    const threads = watchThreads();
    const { pool } = open();
    const [stopped, drained] = [pool(), pool()];
    await Promise.all([stopped.start(), drained.start()]);
    expect(threads).toHaveLength(1);
    await stopped.stop();
    expect(threads.map(isGone)).toEqual([false]);
    expect(drained.health()).toMatchObject({ leaseThread: 'up' });
    const later = pool();
    await later.start();
    await Promise.all([drained.drain(), later.stop()]);
    expect(threads.map(isGone)).toEqual([true]);
  });

  test('ends with a pool that never started', async ({ open }) => {
    const threads = watchThreads();
    const { pool } = open();
    const failed = pool({ redis: 'unix:///nowhere/redis.sock', unavailableMs: 100 });
    await expect(failed.start()).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
    const interrupted = pool();
    const started = interrupted.start();
    await interrupted.stop();
    await expect(started).rejects.toThrow();
    expect(threads).toHaveLength(2);
    expect(threads.map(isGone)).toEqual([true, true]);
  });

  test('is another one for another Redis, or for other options of the connection', async ({ open, redis, skip }) => {
    skip(redis.isCluster, 'asks one server twice');
    const threads = watchThreads();
    const { pool } = open();
    const client = createClient(redis.url, { connectionName: 'other' });
    const [first, second] = [pool(), pool({ redis: client })];
    await Promise.all([first.start(), second.start()]);
    expect(threads).toHaveLength(2);
    await Promise.all([first.stop(), second.stop()]);
    expect(threads.map(isGone)).toEqual([true, true]);
    client.disconnect();
  });

  test('keeps the leases of a pool while another one cannot renew its own, and stops', async ({ open, queueName }) => {
    const [healthy, broken] = [open(), open({ queueName: `${queueName}-broken` })];
    const id = await healthy.add({ do: 'waitForGate' });
    const [kept, troubled] = [healthy.pool({ timings: quick }), broken.pool({ timings: quick })];
    await Promise.all([kept.start(), troubled.start()]);
    await vi.waitFor(() => expect(healthy.job.runs).toHaveLength(1));
    await broken.redis.set(broken.key('stalled'), 'no set'); // each renewal fails
    await vi.waitFor(() => expect(troubled.health().leaseThread).toBe('away'));
    await outlasts(healthy, id, 2 * quick.leaseMs);
    expect(kept.health()).toMatchObject({ leaseThread: 'up', leaseLost: 0 });
    await broken.redis.del(broken.key('stalled'));
    await troubled.stop();
    expect(await signsOfLife(broken)).toBe(0);
    await outlasts(healthy, id, quick.leaseMs);
    expect(await signsOfLife(healthy)).toBe(1);
    healthy.job.openGate();
    await vi.waitFor(() => expect(kept.health()).toMatchObject({ completed: 1, leaseLost: 0 }));
  });

  test('is replaced for all its pools when it dies, and none loses a lease', async ({ open, queueName }) => {
    const threads = watchThreads();
    const queues = [open(), open({ queueName: `${queueName}-2` }), open({ queueName: `${queueName}-3` })];
    const ids = await Promise.all(queues.map((queue) => queue.add({ do: 'waitForGate' })));
    const pools = queues.map((queue) => queue.pool());
    await Promise.all(pools.map((pool) => pool.start()));
    for (const { job } of queues) await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await threads[0]?.terminate();
    expect(pools.map((pool) => pool.health().leaseThread)).toEqual(['away', 'away', 'away']);
    for (const pool of pools) await vi.waitFor(() => expect(pool.health().leaseThread).toBe('up'));
    expect(threads).toHaveLength(2);
    for (const [index, { redis, key }] of queues.entries()) {
      const lock = key(`${ids[index]}:lock`);
      await redis.pexpire(lock, 1); // as if the new thread had come too late
      await vi.waitFor(async () => expect(await redis.pttl(lock)).toBeGreaterThan(100));
    }
    for (const { job } of queues) job.openGate();
    for (const pool of pools) {
      await vi.waitFor(() => expect(pool.health()).toMatchObject({ completed: 1, leaseLost: 0 }));
    }
  });

  test('is replaced when it dies, and the pool keeps the leases that it holds', async ({ open }) => {
    const threads = watchThreads();
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'waitForGate' });
    const running = pool({ timings: quick });
    const seen: string[] = [];
    for (const name of ['leaseThreadLost', 'leaseThreadBack'] as const) running.on(name, () => seen.push(name));
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await threads[0]?.terminate();
    expect(running.health()).toMatchObject({
      leaseThread: 'away',
      redis: 'up',
      state: 'running',
      live: true,
      ready: false,
    });
    await vi.waitFor(() => expect(running.health().leaseThread).toBe('up'));
    expect(seen).toEqual(['leaseThreadLost', 'leaseThreadBack']);
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
    expect(running.health().leaseThread).toBe('up');
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

  test('reports a lease that another delivery took away while the attempt runs', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    const id = await add({ do: 'hang' });
    const running = pool({ timings: quick });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await redis.set(key(`${id}:lock`), 'somebody else', 'PX', 60_000);
    await vi.waitFor(() => expect(job.runs[0]?.signal.reason).toMatchObject({ code: 'SLUICE_LEASE_LOST' }));
  });
});
