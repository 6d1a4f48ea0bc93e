import { isolatedRedisTest as test, type TestServer } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { openHarness } from '../../pool/testing/pool-harness.ts';

const JOBS = 100;

/** More than it takes from the end of an outage to the first sweep that recovers anything, and twice that. */
const SWEEPS = 16;

describe('with default times, and a hundred jobs that run', () => {
  test.for([
    // What was sent before it stopped is executed when it goes on, and the answers come to connections that are closed by then.
    ['stopped', 0, (server: TestServer) => server.suspend(), (server: TestServer) => server.resume()],
    ['killed', JOBS, (server: TestServer) => server.halt('kill'), (server: TestServer) => server.start()],
  ] as const)(
    'a Redis that is %s until all leases are over takes none from its worker, and loses none',
    async ([, reacquiredLeast, stop, goOn], { redis, server, prefix, queueName }) => {
      const client = await redis.client({ maxRetriesPerRequest: null });
      await using harness = openHarness({ url: redis.url, client, prefix, queueName, timeoutMs: 90_000 });
      const { pool, add, job, raw, key } = harness;
      for (let count = 0; count < JOBS; count += 1) await add({ do: 'waitForGate' });
      const busy = pool({ concurrency: JOBS });
      let reacquired = 0;
      busy.on('reacquired', ({ count }) => (reacquired += count));
      await busy.start();
      await vi.waitFor(() => expect(job.runs).toHaveLength(JOBS));
      const idle = pool({ concurrency: JOBS }); // would run what is given back
      await idle.start();

      await stop(server);
      await vi.waitFor(() => expect(busy.health().leaseOverdueMs).toBeGreaterThan(2_000));
      await goOn(server);
      const sweeps = new Set<string | null>();
      await vi.waitFor(async () => {
        sweeps.add(await client.get(key('sluice:sweep')));
        expect(sweeps.size).toBeGreaterThan(SWEEPS);
      });
      expect(reacquired).toBeGreaterThanOrEqual(reacquiredLeast);
      expect(job.runs).toHaveLength(JOBS);
      job.openGate();
      await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(JOBS));
      const allWritten = { completed: JOBS, leaseLost: 0, recovered: 0, busy: 0 };
      await vi.waitFor(() => expect(busy.health()).toMatchObject(allWritten));
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
    await server.suspend();
    job.openGate();
    await vi.waitFor(() => expect(busy.health().redis).toBe('away'));
    await server.resume();
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(JOBS));
    await vi.waitFor(() => expect(busy.health()).toMatchObject({ completed: JOBS, leaseLost: 0, busy: 0 }));
    expect(job.runs).toHaveLength(JOBS);
    await busy.stop();
  });
});
