import { stressLifecycle } from '@sluice/testing/lifecycle';
import { describe, expect, vi } from 'vitest';
import { poolDefaults } from '../job/pool-defaults.ts';
import { poolTest as test } from './testing/pool-test.ts';

/** An idle pool that nobody wakes looks by itself only this much later. */
const WAKE_MAX_MS = poolDefaults.blockMs / 2;

describe('a drain', () => {
  test('stops taking and lets what runs end', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const first = await add({ do: 'waitForGate' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    const drained = running.drain();
    const second = await add({ do: 'ok' });
    expect(running.state).toBe('stopping');
    job.openGate();
    await drained;
    expect(running.state).toBe('stopped');
    expect([await raw.getJobState(first), await raw.getJobState(second)]).toEqual(['completed', 'waiting']);
  });

  test('says in Redis that it is under way, for as long as it is', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    await add({ do: 'waitForGate' });
    const running = pool();
    await running.start();
    const said = async (): Promise<string[]> =>
      (await redis.zrange(key('sluice:last-heartbeats'), 0, '-1')).map((entry) => entry.split(' ')[3] ?? '');
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await vi.waitFor(async () => expect(await said()).toEqual(['runs']));
    const drained = running.drain();
    await vi.waitFor(async () => expect(await said()).toEqual(['drains']));
    job.openGate();
    await drained;
    expect(await said()).toEqual([]);
  });

  // It starts twenty pools, each with a lease thread of its own.
  test('of an idle pool leaves no job behind that comes at that moment', { timeout: 240_000 }, async ({ open }) => {
    const { pool, add, raw, job, redis, key, untilOneWaits } = open();
    for (let round = 0; round < 20; round += 1) {
      const running = pool();
      await running.start();
      await untilOneWaits();
      const drained = running.drain();
      await Promise.all([drained, ...[1, 2, 3].map(() => add({ do: 'ok' }))]);
      expect(await redis.llen(key('active'))).toBe(0);
      await raw.drain();
    }
    expect(job.runs.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  test('that runs out of time aborts handlers and gives their jobs back, no attempt spent', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'hang' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await running.drain({ timeoutMs: 50 });
    expect(job.runs[0]?.signal.reason).toMatchObject({ code: 'SLUICE_JOB_INTERRUPTED' });
    expect(await raw.getJobState(id)).toBe('waiting');
    expect((await raw.getJob(id))?.attemptsMade).toBe(0);
  });

  test('gives back the job of a handler that ignores its signal, after the grace', async ({ open }) => {
    const { pool, add, job, raw } = open({ graceMs: 100 });
    const id = await add({ do: 'ignoreSignal' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await running.stop();
    expect(await raw.getJobState(id)).toBe('waiting');
    expect(running.health()).toMatchObject({ abandoned: 1, released: 1, busy: 0 });
  });

  test('keeps the result of a handler that returns within its grace', async ({ open }) => {
    const { pool, add, job, raw } = open({ graceMs: 1_000 });
    const id = await add({ do: 'returnLate' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await running.stop();
    expect(await raw.getJobState(id)).toBe('completed');
  });

  test.for([0, 3])('lets another idle pool have a released job of priority %i at once', async (priority, { open }) => {
    const { pool, add, job, untilOneWaits } = open();
    const [first, second] = [pool({ concurrency: 1 }), pool({ concurrency: 1 })];
    await first.start();
    await add({ do: 'hang' }, { priority });
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await second.start();
    await untilOneWaits();
    await first.stop();
    await vi.waitFor(() => expect(job.runs).toHaveLength(2), { timeout: WAKE_MAX_MS });
  });

  test('passes on a wake-up that came for it in its last moment', async ({ open }) => {
    const { pool, redis, key, untilOneWaits } = open();
    const running = pool();
    await running.start();
    await untilOneWaits();
    await redis.lpush(key('wait'), 'a'); // as if the marker of this job had just been popped for us
    await running.stop();
    expect(await redis.exists(key('marker'))).toBe(1);
  });

  test.for([2 ** 31 - 1, Infinity])('of %d ms lets running attempts end', async (timeoutMs, { open }) => {
    const { pool, add, job, raw } = open({ delayMs: 50 });
    const id = await add({ do: 'ok' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await running.drain({ timeoutMs });
    expect(await raw.getJobState(id)).toBe('completed');
  });

  test('can be cut short by a stop', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'hang' });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    const drained = running.drain({ timeoutMs: 60_000 });
    await running.stop();
    await drained;
    expect(await raw.getJobState(id)).toBe('waiting');
  });

  test('comes with the end of an `await using` block', async ({ open }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'ok' });
    {
      await using running = pool();
      await running.start();
      await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    }
    expect(await raw.getJobState(id)).toBe('completed');
  });

  test('may come in any order with a start', async ({ open }) => {
    const { pool } = open();
    await stressLifecycle(() => pool(), { rounds: 1 });
  });

  test('follows when nothing is left to do, if the pool runs until idle', async ({ open }) => {
    const { pool, add, raw } = open({ delayMs: 20 });
    for (let count = 0; count < 50; count += 1) await add(count === 7 ? { do: 'failUntil', attempt: 2 } : { do: 'ok' });
    const running = pool();
    await running.runUntilIdle({ idleMs: 200 });
    expect(running.state).toBe('stopped');
    expect(await raw.getCompletedCount()).toBe(50);
  });

  test('does not wait for jobs that are delayed for longer than it may be idle', async ({ open }) => {
    const { pool, add, raw } = open();
    const [soon, late] = [await add({ do: 'ok' }, { delay: 100 }), await add({ do: 'ok' }, { delay: 60_000 })];
    await pool().runUntilIdle({ idleMs: 400 });
    expect([await raw.getJobState(soon), await raw.getJobState(late)]).toEqual(['completed', 'delayed']);
  });

  test('is reported from beginning to end', async ({ open }) => {
    const { pool, add, job } = open();
    await add({ do: 'hang' });
    const running = pool();
    const emitted: string[] = [];
    for (const name of ['draining', 'interrupting', 'released', 'stopped'] as const)
      running.on(name, () => emitted.push(name));
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await running.stop();
    expect(emitted).toEqual(['draining', 'interrupting', 'released', 'stopped']);
  });
});
