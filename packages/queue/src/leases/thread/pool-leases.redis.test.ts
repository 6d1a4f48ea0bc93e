import { redisTest as test } from '@sluice/testing/vitest';
import { stressLifecycle, type Startable } from '@sluice/testing/lifecycle';
import { describe, expect } from 'vitest';
import { StalledQueue } from '../testing/stalled-queue.ts';
import { PoolLeases } from './pool-leases.ts';

const timings = { leaseMs: 5_000, renewMs: 1_500, sweepMs: 500 };

describe('the start and stop of what the lease thread does for a pool', () => {
  test('may come in any order, and leaves no heartbeat', async ({ redis, prefix, queueName }) => {
    const client = await redis.client({ maxRetriesPerRequest: null });
    using queue = new StalledQueue(client, { url: redis.url, prefix, timings, queueName });
    const make = (): Startable => {
      const leases = new PoolLeases(queue.setup, () => undefined);
      return {
        start: () => leases.start(),
        stop: () => leases.close(),
        get state() {
          return leases.state;
        },
      };
    };
    const check = async (): Promise<void> => {
      expect(await client.exists(queue.key(`sluice:pool:${queue.setup.pool}`))).toBe(0);
    };
    await stressLifecycle(make, { check });
  });
});
