import { describe, expect, vi } from 'vitest';
import { threadTest as test } from '../testing/thread-test.ts';

describe('an attempt in a thread', () => {
  test('gets what an attempt on the main loop gets', async ({ jobs, prefix, queueName }) => {
    const from = { prefix, name: queueName };
    const id = await jobs.add({ do: 'tell', at: 'http://pages.test/a', from }, { attempts: 3 });
    await jobs.pool().start();
    expect(await jobs.end(id)).toMatchObject({
      state: 'completed',
      said: {
        id,
        attempt: 1,
        maxAttempts: 3,
        leftMs: 10_000,
        signal: [true, false, 'undefined'],
        level: 'debug',
        host: 'pages.test',
        isMainThread: false,
        isServing: true,
      },
    });
  });

  test('stores its progress; what is no progress is refused in the thread', async ({ jobs }) => {
    await jobs.pool().start();
    const told = await jobs.add({ do: 'progress', value: { pages: [1, 2] } });
    expect(await jobs.end(told)).toMatchObject({ state: 'completed', said: 'told' });
    expect((await jobs.raw.getJob(told))?.progress).toEqual({ pages: [1, 2] });
    const large = await jobs.add({ do: 'progressTooLarge' });
    expect((await jobs.end(large)).said).toMatch(/^ProgressInvalidError: progress has 5002 bytes/);
    const endless = await jobs.add({ do: 'progressWithoutEnd' });
    expect((await jobs.end(endless)).said).toBe(1);
  });

  test('logs through the logger of the pool, with its fields, in order', async ({ jobs, queueName }) => {
    await jobs.pool({ name: 'p1' }).start();
    const id = await jobs.add({ do: 'log', lines: 3 });
    await jobs.end(id);
    const about = { name: 'test', pool: 'p1', queue: queueName, job: 'threaded', jobId: id, attempt: 1 };
    const counted = jobs.lines.filter(({ msg }) => msg === 'counting');
    expect(counted).toEqual([1, 2, 3].map((line) => expect.objectContaining({ ...about, level: 'info', line, of: 3 })));
    expect(jobs.lines).toContainEqual(
      expect.objectContaining({ ...about, level: 'error', err: expect.objectContaining({ message: 'for the log' }) }),
    );
  });

  test('that logs no faster than the pool writes loses no line', async ({ jobs }) => {
    await jobs.pool().start();
    await jobs.end(await jobs.add({ do: 'log', lines: 3_000, waitEvery: 500 }));
    expect(jobs.lines.filter(({ msg }) => msg === 'counting')).toHaveLength(3_000);
  });

  test('that logs faster than the pool writes loses lines, says how many, and fills no memory', async ({ jobs }) => {
    await jobs.pool().start();
    const id = await jobs.add({ do: 'log', lines: 20_000 });
    expect(await jobs.end(id)).toMatchObject({ state: 'completed', said: 'logged' });
    const written = jobs.lines.filter(({ msg }) => msg === 'counting' || msg === 'for the log').length;
    const dropped = jobs.lines.map(({ msg }) =>
      Number(/^(\d+) lines of the log were dropped/.exec(String(msg))?.[1] ?? 0),
    );
    expect(written).toBeGreaterThanOrEqual(1_000);
    expect(dropped.some((lines) => lines > 0)).toBe(true);
    expect(written + dropped.reduce((sum, lines) => sum + lines, 0)).toBe(20_001);
  });
});

describe('what a handler in a thread throws', () => {
  test('fails the attempt in its own words, whatever it is', async ({ jobs }) => {
    await jobs.pool().start();
    const throws = async (what: string): Promise<string> => {
      const { state, code, why } = await jobs.end(await jobs.add({ do: 'throw', what }));
      return `${state}, ${code}: ${why}`;
    };
    expect(await throws('string')).toBe('failed, ERROR: just a string');
    expect(await throws('undefined')).toBe('failed, ERROR: undefined');
    expect(await throws('function')).toBe('failed, ERROR: [Function (anonymous)]');
    expect(await throws('hostile')).toBe('failed, ERROR: an error that cannot be read was thrown');
    expect(await throws('withFunction')).toBe('failed, ERROR: told to');
    expect(await throws('coded')).toBe('failed, ECONNRESET: told to');
    expect(await throws('permanent')).toBe('failed, SLUICE_PERMANENT: hopeless');
  });

  test('keeps its stack and that of its cause', async ({ jobs }) => {
    const id = await jobs.add({ do: 'throw', what: 'coded' });
    await jobs.pool().start();
    await jobs.end(id);
    const [stack] = (await jobs.raw.getJob(id))?.stacktrace ?? [];
    expect(stack).toMatch(/throwIt.*thread-handler\.ts[^]*caused by Error: the wire/);
  });

  test('is respected: PermanentJobError leaves no attempt, RetryLaterError spends none', async ({ jobs }) => {
    await jobs.pool().start();
    const permanent = await jobs.add({ do: 'throw', what: 'permanent' }, { attempts: 3 });
    expect(await jobs.end(permanent)).toMatchObject({ state: 'failed' });
    expect((await jobs.raw.getJob(permanent))?.attemptsMade).toBe(1);
    const later = await jobs.add({ do: 'throw', what: 'retryLater' });
    await vi.waitFor(async () => expect(await jobs.raw.getJobState(later)).toBe('delayed'));
    expect((await jobs.raw.getJob(later))?.attemptsMade).toBe(0);
  });
});

describe('what a handler in a thread returns', () => {
  test('ends the job for good when its contract refuses it', async ({ jobs }) => {
    await jobs.pool().start();
    const returns = async (what: string): Promise<string> => {
      const id = await jobs.add({ do: 'return', what }, { attempts: 3 });
      const { state, code } = await jobs.end(id);
      return `${state} after ${(await jobs.raw.getJob(id))?.attemptsMade}: ${code}`;
    };
    for (const what of ['function', 'cyclic', 'wrong', 'date']) {
      expect([what, await returns(what)]).toEqual([what, 'failed after 1: SLUICE_RESULT_INVALID']);
    }
    expect(await returns('tooLarge')).toBe('failed after 1: SLUICE_TOO_LARGE');
  });
});
