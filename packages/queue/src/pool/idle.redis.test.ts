import { describe, expect, vi } from 'vitest';
import { poolDefaults } from '../job/pool-defaults.ts';
import { poolTest as test } from './testing/pool-test.ts';

/** A pool that nothing wakes looks again after twice this. */
const WAKE_MAX_MS = poolDefaults.blockMs / 2;

const calm = { leaseMs: 60_000, renewMs: 30_000, sweepMs: 60_000 };

describe('an idle pool', () => {
  test('waits inside Redis instead of asking it again and again', async ({ open, redis }) => {
    const admin = await redis.client();
    const { pool, add, raw, key, untilOneWaits } = open();
    await add({ do: 'ok' });
    await pool({ timings: calm }).start();
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(1));
    await untilOneWaits();
    const takes: string[][] = [];
    const monitor = await admin.monitor();
    monitor.on('monitor', (_at: string, command: string[]) => {
      if (/^eval/i.test(command[0] ?? '') && command.includes(key('wait'))) takes.push(command);
    });
    const atRest = / idle=[1-9]\d* .* cmd=bzpopmin /; // for a second or more
    await vi.waitFor(async () => expect(await admin.client('LIST')).toMatch(atRest));
    monitor.disconnect();
    expect(takes).toEqual([]);
  });

  test('wakes for a job at once', async ({ open }) => {
    const { pool, add, job, untilOneWaits } = open();
    await pool({ timings: calm }).start();
    await untilOneWaits();
    const addedAt = performance.now();
    await add({ do: 'ok' });
    await vi.waitFor(() => expect(job.runs).toHaveLength(1), { interval: 1 });
    expect(performance.now() - addedAt).toBeLessThan(WAKE_MAX_MS);
  });

  test('wakes for a delayed job when it is due', async ({ open }) => {
    const { pool, add, job } = open();
    await pool({ timings: calm }).start();
    const addedAt = Date.now();
    await add({ do: 'ok' }, { delay: 300 });
    await vi.waitFor(() => expect(job.runs).toHaveLength(1), { interval: 1 });
    expect(Date.now() - addedAt).toBeGreaterThanOrEqual(299);
    expect(Date.now() - addedAt).toBeLessThan(300 + WAKE_MAX_MS);
  });

  test('takes the jobs of a queue that was paused once it is resumed', async ({ open }) => {
    const { pool, add, job, raw, untilOneWaits } = open();
    await raw.pause();
    await add({ do: 'ok' });
    await pool({ timings: calm }).start();
    await untilOneWaits();
    expect(job.runs).toHaveLength(0);
    await raw.resume();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
  });
});

describe('a pool', () => {
  test('keeps the job schedulers of BullMQ going', async ({ open }) => {
    const { pool, job, raw } = open();
    await raw.upsertJobScheduler('often', { every: 50 }, { name: 'scripted', data: { do: 'ok' } });
    await pool().start();
    await vi.waitFor(() => expect(job.runs.length).toBeGreaterThanOrEqual(4));
    await raw.removeJobScheduler('often');
  });

  test('shares a queue with other pools, and no job runs twice', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const ids: string[] = [];
    for (let count = 0; count < 300; count += 1) ids.push(await add({ do: 'ok' }));
    const pools = [pool({ concurrency: 20 }), pool({ concurrency: 3 }), pool({ concurrency: 1 })];
    await Promise.all(pools.map((each) => each.runUntilIdle({ idleMs: 150 })));
    expect(await raw.getCompletedCount()).toBe(300);
    expect(job.runs.map((run) => run.id).toSorted()).toEqual(ids.toSorted());
  });
});
