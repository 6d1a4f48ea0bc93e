import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { openOwnQueue } from './testing/own-handler.ts';
import { ownTest as test } from './testing/own-test.ts';

/** Nothing else happens in this thread meanwhile. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('the health of a pool', () => {
  test('is good when it runs, and neither before nor after', async ({ own }) => {
    const { pool } = await own().serve(() => 'done');
    expect(pool.health()).toMatchObject({ state: 'running', live: true, ready: true, redis: 'up', leaseOverdueMs: 0 });
    await pool.stop();
    expect(pool.health()).toMatchObject({ state: 'stopped', live: true, ready: false });
  });

  test('says that the loop was blocked', async ({ own }) => {
    const queue = own();
    const blocks: number[] = [];
    const { pool } = await queue.serve(() => {
      block(1_500);
      return 'done';
    });
    pool.on('loopBlocked', ({ ms }) => blocks.push(ms));
    await queue.add();
    await vi.waitFor(() => expect(blocks).toHaveLength(1));
    expect(blocks[0]).toBeGreaterThan(1_000);
    expect(pool.health().loopLagMs).toBeGreaterThan(1_000);
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ live: true, ready: true, completed: 1 }));
  });

  test('is not good while Redis is away, though nothing is held', async ({ own, proxy }) => {
    const { pool } = await own().serve(() => 'done', { redis: proxy.url });
    await proxy.cut();
    await vi.waitFor(() => expect(pool.health().redis).toBe('away'));
    expect(pool.health()).toMatchObject({ live: true, ready: false, leaseOverdueMs: 0 });
    await proxy.restore();
    await vi.waitFor(() => expect(pool.health().ready).toBe(true));
  });

  test('says that Redis is away and leases are overdue, and is good again by itself', async ({ own, proxy }) => {
    const queue = own({ timeoutMs: 20_000 });
    await queue.add();
    const gate = Promise.withResolvers<void>();
    const { pool } = await queue.serve(() => gate.promise.then(() => 'done'), {
      redis: proxy.url,
      // Long enough that a busy machine loses no lease before the wire is cut.
      timings: { leaseMs: 10_000, renewMs: 100, sweepMs: 100 },
    });
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ taken: 1, ready: true }));
    await proxy.cut();
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ redis: 'away', live: true, ready: false }));
    await vi.waitFor(() => expect(pool.health().leaseOverdueMs).toBeGreaterThan(100));
    gate.resolve();
    await proxy.restore();
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ redis: 'up', ready: true, leaseOverdueMs: 0 }));
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ completed: 1, busy: 0 }));
  });
});

isolatedRedisTest('a full Redis is drained, and the pool is ready afterwards', async ({ redis, queueName, prefix }) => {
  const client = await redis.client({ maxRetriesPerRequest: null });
  await using queue = openOwnQueue({ url: redis.url, client, queueName, prefix });
  for (let count = 0; count < 20; count += 1) await queue.add();
  await client.config('SET', 'maxmemory', '1');
  const { pool } = await queue.serve(() => 'done');
  await vi.waitFor(() => expect(pool.health()).toMatchObject({ live: true, completed: 20 }));
  await client.config('SET', 'maxmemory', '0');
  await vi.waitFor(() => expect(pool.health()).toMatchObject({ redis: 'up', ready: true }));
});
