import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { threadTest as test } from '../testing/thread-test.ts';

const timeout = 'JobTimeoutError: Timeout after 0.15 seconds';

describe('the deadline of an attempt in a thread', () => {
  test('aborts the signal there: for who waits, and for who spins and looks at it', async ({ jobs }) => {
    await jobs.pool({ concurrency: 1 }).start();
    const waits = await jobs.add({ do: 'hang' }, { timeoutMs: 150 });
    const looks = await jobs.add({ do: 'spinUntilAborted' }, { timeoutMs: 150 });
    const asks = await jobs.add({ do: 'spinUntilAborted', how: 'throwIfAborted' }, { timeoutMs: 150 });
    expect(await jobs.end(waits)).toMatchObject({ state: 'completed', said: timeout });
    expect(await jobs.end(looks)).toMatchObject({ state: 'completed', said: `heard ${timeout}` });
    expect(await jobs.end(asks)).toMatchObject({ state: 'completed', said: `heard ${timeout}` });
  });

  test.for([{ do: 'spin' }, { do: 'neverSettle' }])(
    'ends the thread at the end of the grace, and frees the slot: %o',
    async (payload, { jobs }) => {
      const pool = jobs.pool({ concurrency: 1 });
      const startedAt: number[] = [];
      const terminated: { id: string; at: number }[] = [];
      pool.on('started', () => startedAt.push(performance.now()));
      pool.on('terminated', ({ id }) => terminated.push({ id, at: performance.now() }));
      const before = await jobs.add({ do: 'tell' });
      const stuck = await jobs.add(payload, { timeoutMs: 150 });
      const next = await jobs.add({ do: 'tell' });
      await pool.start();
      expect(await jobs.end(stuck)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_TIMEOUT' });
      const { threadId } = await jobs.end(before);
      expect((await jobs.end(next)).threadId).not.toBe(threadId);
      expect(terminated.map(({ id }) => id)).toEqual([stuck]);
      const ranMs = (terminated[0]?.at ?? 0) - (startedAt[1] ?? 0);
      expect(ranMs).toBeGreaterThanOrEqual(545);
      expect(ranMs).toBeLessThan(1_000);
      await expect.poll(() => pool.health()).toMatchObject({ terminated: 1, abandoned: 0, live: true, busy: 0 });
    },
  );

  test('does not run while the attempt waits for a thread', async ({ jobs }) => {
    const pool = jobs.pool({ concurrency: 2, thread: { threads: 1 } });
    const first = await jobs.add({ do: 'spin' }, { timeoutMs: 400 });
    const second = await jobs.add({ do: 'hang' }, { timeoutMs: 150 });
    const startedAt: Record<string, number> = {};
    pool.on('started', ({ id }) => (startedAt[id] = performance.now()));
    await pool.start();
    await vi.waitFor(() => expect(pool.health().busy).toBe(2));
    expect(await jobs.end(second)).toMatchObject({ state: 'completed', said: timeout });
    expect((startedAt[second] ?? 0) - (startedAt[first] ?? 0)).toBeGreaterThanOrEqual(795);
  });
});

describe('a job that waits for a thread', () => {
  test('ends as expired when its time passes meanwhile, and is not run', async ({ jobs }) => {
    const pool = jobs.pool({ concurrency: 2, thread: { threads: 1 } });
    const started: string[] = [];
    pool.on('started', ({ id }) => started.push(id));
    await pool.start();
    const first = await jobs.add({ do: 'hang' }, { timeoutMs: 1_500 });
    await vi.waitFor(() => expect(started).toEqual([first]));
    const late = await jobs.add({ do: 'tell' }, { expiresAt: Date.now() + 750 });
    expect(await jobs.end(late)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_EXPIRED' });
    expect(started).toEqual([first]);
    expect(await jobs.end(await jobs.add({ do: 'tell' }))).toMatchObject({ state: 'completed' });
  });
});

describe('a thread that dies', () => {
  test.for([
    [{ do: 'exit', code: 3 }, 'the handler ended its thread with exit code 3'],
    [{ do: 'exit', code: 0 }, 'the handler ended its thread with exit code 0'],
    [{ do: 'uncaught' }, 'an uncaught error ended the thread: where nobody catches'],
    [{ do: 'allocate', what: 'objects' }, 'the thread was ended because it used too much memory'],
    [{ do: 'allocate', what: 'map' }, 'the thread was ended because it used too much memory'],
    [{ do: 'allocate', what: 'string' }, 'the thread was ended because it used too much memory'],
    [{ do: 'allocate', what: 'buffers' }, 'the thread was ended because it used too much memory'],
  ] as const)('fails its attempt and no other: %o', async ([payload, why], { jobs }) => {
    const pool = jobs.pool({ concurrency: 2, thread: { threads: 2, memoryMaxBytes: 48 * 2 ** 20 } });
    await pool.start();
    const other = await jobs.add({ do: 'hang' });
    const ended = await jobs.end(await jobs.add(payload));
    expect(ended).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_THREAD_DIED' });
    expect(ended.why).toContain(why);
    const next = await jobs.add({ do: 'tell' });
    expect(await jobs.end(next)).toMatchObject({ state: 'completed' });
    expect(await jobs.raw.getJobState(other)).toBe('active');
    expect(pool.health()).toMatchObject({ live: true, abandoned: 0, terminated: 0 });
    await pool.stop();
    expect(await jobs.end(other)).toMatchObject({ said: 'JobInterruptedError: the worker is shutting down' });
  });

  test('spends an attempt, and is tried again', async ({ jobs }) => {
    const id = await jobs.add({ do: 'exit', code: 1 }, { attempts: 2 });
    await jobs.pool().start();
    expect(await jobs.end(id)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_THREAD_DIED' });
    expect((await jobs.raw.getJob(id))?.attemptsMade).toBe(2);
  });

  test('has no effect after its attempt: a late rejection', async ({ jobs }) => {
    const pool = jobs.pool({ concurrency: 1 });
    const faults: unknown[] = [];
    pool.on('fault', ({ where }) => faults.push(where));
    await pool.start();
    const id = await jobs.add({ do: 'rejectAfterwards' });
    expect(await jobs.end(id)).toMatchObject({ state: 'completed', said: 'returned' });
    await vi.waitFor(() => expect(faults).toEqual(['a thread of threaded between two attempts']));
    const next = await jobs.add({ do: 'tell' });
    expect(await jobs.end(next)).toMatchObject({ state: 'completed' });
  });
});

describe('the end of a pool with threads', () => {
  test('aborts their attempts, gives back those that ignore it, and leaves no thread', async ({ jobs }) => {
    const threads = noteThreads();
    const pool = jobs.pool({ concurrency: 3, thread: { threads: 2 } });
    const spins = await jobs.add({ do: 'spin' });
    const stops = await jobs.add({ do: 'spinUntilAborted' });
    const waits = await jobs.add({ do: 'tell' });
    const started: string[] = [];
    pool.on('started', ({ id }) => started.push(id));
    await pool.start();
    await expect.poll(() => [started.toSorted(), pool.health().busy]).toEqual([[spins, stops], 3]);
    expect(threads.map(({ threadId }) => threadId > 0)).toEqual([true, true]);
    await pool.stop();
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    expect(await jobs.raw.getJobState(spins)).toBe('waiting');
    expect(await jobs.end(stops)).toMatchObject({ said: 'heard JobInterruptedError: the worker is shutting down' });
    expect(await jobs.raw.getJobState(waits)).toBe('waiting');
    expect((await jobs.raw.getJob(waits))?.attemptsMade).toBe(0);
  });

  test('does not wait for work that came and went: an idle thread goes by itself', async ({ jobs }) => {
    const threads = noteThreads();
    const pool = jobs.pool({ thread: { idleMs: 20 } });
    await pool.start();
    expect(threads).toEqual([]);
    await jobs.end(await jobs.add({ do: 'tell' }));
    await expect.poll(() => threads.map(({ threadId }) => threadId)).toEqual([-1]);
    await jobs.end(await jobs.add({ do: 'tell' }));
    expect(threads).toHaveLength(2);
  });
});

describe('a module that cannot be run', () => {
  test.for([
    ['broken-module.ts', 'broken as it is loaded', 10_000],
    ['no-handler.ts', 'has no default or handler export', 10_000],
    ['endless-module.ts', 'no thread had loaded the module after 300 ms', 300],
  ] as const)('fails the attempts of its jobs, and says why: %s', async ([file, why, startMs], { jobs }) => {
    const moduleUrl = new URL(`../testing/${file}`, import.meta.url);
    const pool = jobs.pool({ moduleUrl, thread: { startMs } });
    const faults: string[] = [];
    pool.on('fault', ({ where, error }) => faults.push(`${where}: ${String(error)}`));
    const id = await jobs.add({ do: 'tell' }, { attempts: 2 });
    await pool.start();
    expect(pool.health()).toMatchObject({ ready: true, unserved: [] });
    const ended = await jobs.end(id);
    expect(ended).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_NOT_SERVED' });
    expect(ended.why).toContain(why);
    expect((await jobs.raw.getJob(id))?.attemptsMade).toBe(2);
    expect(pool.health()).toMatchObject({ live: true, ready: false, unserved: [{ job: 'threaded', isOwn: true }] });
    expect(pool.health().unserved[0]?.message).toContain(why);
    const warnings = jobs.lines.filter(({ msg }) => String(msg).startsWith('jobs of this name cannot be run here: '));
    expect(warnings).toMatchObject([{ job: 'threaded', code: 'SLUICE_JOB_NOT_SERVED', level: 'warn' }]);
    expect(faults[0]).toContain('starting a thread for threaded');
    expect(faults[0]).toContain(why);
  });
});

/** The threads that are started from now on, but for the lease threads. */
function noteThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => {
    if (thread.threadName !== 'sluice-leases') threads.push(thread);
  };
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}
