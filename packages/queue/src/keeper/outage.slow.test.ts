import { isolatedRedisTest as test, pauseRedis, type TestServer } from '@sluice/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, vi } from 'vitest';
import { openHarness } from '../pool/testing/pool-harness.ts';

const JOBS = 100;
const OUTAGE_MS = 8_000;

/** Longer than it takes from the end of an outage to the first sweep that recovers anything, and twice that. */
const SWEPT_MS = 16_000;

describe('with default times, and a hundred jobs that run', () => {
  test.for([
    // What was sent before it stopped is executed when it goes on, and the answers come to connections that are closed by then.
    ['stopped for eight seconds', 0, (server: TestServer) => pauseRedis(server, OUTAGE_MS)],
    [
      'killed and restarted after eight seconds',
      JOBS,
      async (server: TestServer) => {
        await server.halt('kill');
        await sleep(OUTAGE_MS);
        await server.start();
      },
    ],
  ] as const)(
    'a Redis that is %s takes none from its worker, and loses none',
    async ([, regainedLeast, disturb], { redis, server, prefix, queueName }) => {
      const client = await redis.client({ maxRetriesPerRequest: null });
      await using harness = openHarness({ url: redis.url, client, prefix, queueName, timeoutMs: 90_000 });
      const { pool, add, job, raw } = harness;
      for (let count = 0; count < JOBS; count += 1) await add({ do: 'waitForGate' });
      const busy = pool({ concurrency: JOBS });
      let regained = 0;
      busy.on('regained', ({ count }) => (regained += count));
      await busy.start();
      await vi.waitFor(() => expect(job.runs).toHaveLength(JOBS));
      const idle = pool({ concurrency: JOBS }); // would run what is given back
      await idle.start();

      const ranOut = vi.waitFor(() => expect(busy.health().leaseOverdueMs).toBeGreaterThan(1_000));
      await Promise.all([disturb(server), ranOut]);
      await sleep(SWEPT_MS);
      expect(regained).toBeGreaterThanOrEqual(regainedLeast);
      expect(job.runs).toHaveLength(JOBS);
      job.openGate();
      await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(JOBS));
      expect(busy.health()).toMatchObject({ completed: JOBS, leaseLost: 0, recovered: 0, busy: 0 });
      expect(idle.health()).toMatchObject({ taken: 0, recovered: 0 });
      await Promise.all([busy.stop(), idle.stop()]);
    },
  );

  test('handlers that return while Redis is stopped are completed by it once it is back', async ({
    redis,
    server,
    prefix,
    queueName,
  }) => {
    const client = await redis.client({ maxRetriesPerRequest: null });
    await using harness = openHarness({ url: redis.url, client, prefix, queueName, timeoutMs: 90_000 });
    const { pool, add, job, raw } = harness;
    for (let count = 0; count < JOBS; count += 1) await add({ do: 'waitForGate' });
    const busy = pool({ concurrency: JOBS });
    await busy.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(JOBS));
    const paused = pauseRedis(server, OUTAGE_MS);
    await sleep(500);
    job.openGate();
    await paused;
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(JOBS));
    await vi.waitFor(() => expect(busy.health()).toMatchObject({ completed: JOBS, leaseLost: 0, busy: 0 }));
    expect(job.runs).toHaveLength(JOBS);
    await busy.stop();
  });
});
