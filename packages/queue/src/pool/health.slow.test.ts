import { isolatedRedisTest, pauseRedis } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { openOwnQueue } from './testing/own-handler.ts';
import { ownTest } from './testing/own-test.ts';

describe('the health of a pool', () => {
  ownTest('outlives a minute without Redis', async ({ own, proxy }) => {
    const queue = own();
    const { pool } = await queue.serve(() => 'done', { redis: proxy.url });
    await proxy.cut();
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ redis: 'away', live: true, ready: false }), 10_000);
    const until = performance.now() + 60_000;
    await vi.waitFor(
      () => {
        expect(pool.health().live).toBe(true);
        expect(performance.now()).toBeGreaterThan(until);
      },
      { timeout: 65_000, interval: 500 },
    );
    await proxy.restore();
    await queue.add();
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ ready: true, completed: 1 }));
  });

  isolatedRedisTest(
    'tells of a Redis that hangs, and that it is back',
    { timeout: 60_000 },
    async ({ redis, server, queueName, prefix }) => {
      const client = await redis.client({ maxRetriesPerRequest: null });
      await using queue = openOwnQueue({ url: redis.url, client, queueName, prefix });
      const { pool } = await queue.serve(() => 'done');
      const seen: string[] = [];
      pool.on('redisLost', () => seen.push('lost'));
      pool.on('redisBack', () => seen.push('back'));
      const paused = pauseRedis(server, 16_000);
      await vi.waitFor(() => expect(pool.health()).toMatchObject({ redis: 'away', live: true, ready: false }));
      await paused;
      await queue.add();
      await vi.waitFor(() => expect(pool.health()).toMatchObject({ ready: true, completed: 1 }));
      expect(seen).toEqual(['lost', 'back']);
    },
  );
});
