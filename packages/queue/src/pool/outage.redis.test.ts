import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Quick to notice, and long enough that no busy machine loses one by itself. */
const quick = { leaseMs: 3_000, renewMs: 60, sweepMs: 60 };

/** The names of Redis's comings and goings, and of ends of attempts, as the pool tells them. */
function recordEvents(pool: WorkerPool): string[] {
  const seen: string[] = [];
  for (const name of ['redisLost', 'redisBack', 'completed', 'leaseLost', 'fault'] as const)
    pool.on(name, () => seen.push(name));
  return seen;
}

describe('while Redis is away', () => {
  test('attempts go on, and their ends are written once it is back', async ({ open, proxy }) => {
    const { pool, add, job, raw } = open();
    const id = await add({ do: 'waitForGate' });
    const running = pool({ redis: proxy.url });
    const seen = recordEvents(running);
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await proxy.cut();
    job.openGate();
    await vi.waitFor(() => expect(running.health().redis).toBe('away'));
    expect(await raw.getJobState(id)).toBe('active');
    await proxy.restore();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    await vi.waitFor(() => expect(running.health()).toMatchObject({ redis: 'up', completed: 1, leaseLost: 0 }));
    expect(seen.toSorted()).toEqual(['completed', 'redisBack', 'redisLost']);
    expect(job.runs).toHaveLength(1);
  });

  test('an end that could not be written by deadline and grace is written all the same when it is back', async ({
    open,
    proxy,
  }) => {
    const { pool, add, job, raw, redis, key } = open({ timeoutMs: 300 });
    const id = await add({ do: 'waitForGate' });
    const running = pool({ redis: proxy.url });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await proxy.cut();
    job.openGate();
    // It lasts for deadline, grace and a second, or longer.
    await vi.waitFor(async () => expect(await redis.exists(key(`${id}:lock`))).toBe(0));
    expect(running.health()).toMatchObject({ leaseLost: 0, busy: 1 });
    await proxy.restore();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    await vi.waitFor(() => expect(running.health()).toMatchObject({ completed: 1, leaseLost: 0, busy: 0 }));
    expect(job.runs).toHaveLength(1);
  });

  test.for([
    ['has the job', {}],
    ['has ended it and nothing of it is left', { completed: { count: 0 } }],
  ] as const)('unless another worker %s by then', async ([, keep], { open, proxy }) => {
    const { pool, add, job, raw } = open({ timeoutMs: 300, keep });
    const id = await add({ do: 'waitForGate' });
    const cutOff = pool({ redis: proxy.url, timings: quick });
    await cutOff.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await proxy.cut();
    job.openGate();
    const other = pool({ timings: quick });
    await other.start();
    await vi.waitFor(() => expect(other.health().completed).toBe(1));
    expect(await raw.getJobState(id)).toBe('completed' in keep ? 'unknown' : 'completed');
    await proxy.restore();
    await vi.waitFor(() => expect(cutOff.health()).toMatchObject({ completed: 0, leaseLost: 1, busy: 0 }));
    expect(other.health()).toMatchObject({ completed: 1, recovered: 1 });
    expect(job.runs.map((run) => run.attempt)).toEqual([1, 1]);
  });

  test('an idle pool keeps trying, and takes jobs again when it is back', async ({ open, proxy }) => {
    const { pool, add, job } = open();
    const running = pool({ redis: proxy.url });
    const seen = recordEvents(running);
    await running.start();
    await proxy.cut();
    await vi.waitFor(() => expect(running.health().redis).toBe('away'));
    await add({ do: 'ok' });
    await proxy.restore();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await vi.waitFor(() => expect(seen).toEqual(['redisLost', 'redisBack', 'completed']));
  });

  test('a pool stops in bounded time', async ({ open, proxy }) => {
    const { pool, add, job } = open();
    await add({ do: 'hang' });
    const running = pool({ redis: proxy.url, timings: quick });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await proxy.cut();
    await running.stop();
    expect(running.state).toBe('stopped');
  });

  test('a start fails with the address, within its time', async ({ open }) => {
    const { pool } = open();
    const path = join(tmpdir(), `${randomUUID()}.sock`);
    const running = pool({ redis: `unix://${path}`, unavailableMs: 200 });
    await expect(running.start()).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE', host: path });
    expect(running.state).toBe('stopped');
  });

  test('a start that is stopped does not wait for Redis any longer', async ({ open }) => {
    const { pool } = open();
    const running = pool({ redis: `unix://${join(tmpdir(), `${randomUUID()}.sock`)}`, unavailableMs: 10_000 });
    const begunAt = performance.now();
    const started = running.start();
    await running.stop();
    await expect(started).rejects.toThrow();
    expect(performance.now() - begunAt).toBeLessThan(2_000);
  });
});

describe('when only the answer is lost', () => {
  test.for([
    ['is kept', 'completed', {}],
    ['is not kept', 'unknown', { completed: { count: 0 } }],
  ] as const)('to a settle, the attempt counts as ended when the job %s', async ([, state, keep], { open, proxy }) => {
    const { pool, add, job, raw } = open({ keep });
    const running = pool({ redis: proxy.url });
    await running.start();
    const first = await add({ do: 'ok' });
    await vi.waitFor(async () => expect(await raw.getJobState(first)).toBe(state));
    const dropped = proxy.dropNextReply('an answer that is lost');
    const second = await add({ do: 'ok', value: 'an answer that is lost' });
    await dropped;
    await vi.waitFor(() => expect(running.health()).toMatchObject({ completed: 2, leaseLost: 0 }));
    expect(await raw.getJobState(second)).toBe(state);
    expect(job.runs).toHaveLength(2);
  });

  test('to a take, the job is found by the sweep and runs under another token', async ({ open, proxy }) => {
    const { pool, add, job, raw, redis, key, untilOneWaits } = open();
    const running = pool({ redis: proxy.url, timings: quick, name: 'loop-of-lost-answers' });
    await running.start();
    const first = await add({ do: 'ok' });
    await vi.waitFor(async () => expect(await raw.getJobState(first)).toBe('completed'));
    await add({ do: 'waitForGate' });
    await vi.waitFor(() => expect(running.health().busy).toBe(1));
    await untilOneWaits();
    const dropped = proxy.dropNextReply('loop-of-lost-answers');
    const id = await add({ do: 'ok', value: 'again' });
    await dropped;
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(job.runs.filter((run) => run.id === id)).toHaveLength(1);
    expect(await redis.hget(key(id), 'stc')).toBeNull(); // its pool lives: no crash
  });
});
