import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { StoppedError } from '../job/errors/index.ts';
import { inThread } from '../job/handler/in-thread.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });
const queue = defineQueue({ name: 'nowhere', jobs: [job], capacity: 10 });
const newPool = () =>
  createWorkerPool(
    queue,
    { job: defineHandler(job, () => Promise.resolve(null)) },
    { redis: 'redis://127.0.0.1:1', concurrency: 1, unavailableMs: 50 },
  );

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

it('leaves no timer behind where a pool is disposed of that was never started', async () => {
  {
    await using pool = newPool();
    expect(pool.state).toBe('new');
  }
  expect(vi.getTimerCount()).toBe(0);
});

it('refuses a start after a stop', async () => {
  const pool = newPool();
  await pool.stop();
  await expect(pool.start()).rejects.toThrow(StoppedError);
  await expect(pool.runUntilIdle({ idleMs: 1 })).rejects.toThrow(StoppedError);
});

it('is not made where the file of a handler that runs in threads is missing', () => {
  const handlers = { job: inThread(job, new URL('./left-behind.js', import.meta.url)) };
  const options = { redis: 'redis://127.0.0.1:1', concurrency: 1 };
  expect(() => createWorkerPool(queue, handlers, options)).toThrow(/^thread of job: there is no file .*left-behind.js/);
});

it('leaves no timer of a drain behind where a pool could not be started', async () => {
  const pool = newPool();
  await expect(pool.start()).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
  const before = vi.getTimerCount();
  await pool.drain();
  expect(vi.getTimerCount()).toBeLessThanOrEqual(before);
});
