import { beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { PermanentJobError, RetryLaterError } from '../../job/errors/index.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import { type BatchContext, defineBatchHandler } from '../../job/handler/batch-handler.ts';
import { bindHandlers } from '../../job/handler/handler-registry.ts';
import { Slots } from '../../job/slots.ts';
import { BatchPool, count, save, queue, results } from './testing/batch-pool.ts';

let pool: BatchPool;
beforeEach(() => {
  pool = new BatchPool();
});

describe('a batch', () => {
  it('starts when it is full, and what comes then is in the next one', async () => {
    pool = new BatchPool({ size: 3, waitMs: 60_000 });
    pool.take([1, 2]);
    expect(pool.seen).toEqual([]);
    pool.take([3, 4, 5, 6]);
    await pool.ended();
    expect(pool.seen).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('starts when its first job has waited long enough', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    pool.take([1]);
    await vi.advanceTimersByTimeAsync(19);
    pool.take([2]);
    expect(pool.seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    await pool.ended();
    expect(pool.seen).toEqual([[1, 2]]);
  });

  it('waits for nothing once no slot is left for another job', async () => {
    pool = new BatchPool({ size: 100, waitMs: 60_000 });
    pool.take([1, 2, 3]);
    pool.take([11, 12, 13], { job: 'count' });
    expect(pool.seen).toEqual([]);
    pool.take([4, 5, 6, 7]);
    expect(await pool.ended()).toHaveLength(10);
    expect(pool.seen).toEqual([[1, 2, 3, 4, 5, 6, 7]]);
  });

  it('has with waitMs 0 what came with one take', async () => {
    pool = new BatchPool({ waitMs: 0 });
    pool.take([1, 2, 3]);
    await pool.ended();
    pool.take([4]);
    await pool.ended();
    expect(pool.seen).toEqual([[1, 2, 3], [4]]);
  });

  it('waits for no more when its pool drains', async () => {
    pool = new BatchPool({ waitMs: 60_000 });
    pool.take([1, 2]);
    pool.batches.hurry();
    pool.take([3]);
    await pool.ended();
    expect(pool.seen).toEqual([[1, 2], [3]]);
  });

  it('has a crash suspect for itself', async () => {
    pool.take([1, 2], { isSuspect: true });
    pool.take([3, 4]);
    await pool.ended();
    expect(pool.seen).toEqual([[1], [2], [3, 4]]);
  });

  it('is left by the jobs of a worker that stops before it starts, no attempt spent', async () => {
    pool = new BatchPool({ waitMs: 60_000 });
    pool.take([1, 2]);
    pool.aborts.abortAll(new Error('shutting down'));
    pool.take([3]);
    expect((await pool.ended()).toSorted()).toEqual([1, 2, 3].map((n) => expect.stringContaining(`${n} released`)));
    expect(pool.seen).toEqual([]);
  });

  it('is left by a job that expires while it waits', async () => {
    pool.take([1, 2]);
    pool.take([3], { options: { sluice: { v: 1, e: Date.now() + 5 } } });
    expect(await pool.ended()).toEqual(expect.arrayContaining([expect.stringMatching(/^3 expired/), '1 completed']));
    expect(pool.seen).toEqual([[1, 2]]);
  });
});

describe('the outcome of each attempt of a batch', () => {
  it('is completed when the handler returns nothing and the job has no result', async () => {
    pool.take([1, 2]);
    expect(await pool.ended()).toEqual(['1 completed', '2 completed']);
  });

  it('is by the entry of its position: a bad one fails alone', async () => {
    pool = new BatchPool({ size: 100, waitMs: 5 });
    pool.handle = async (attempts) =>
      attempts.map(({ payload }) => (payload.n === 7 ? new Error('bad row') : undefined));
    pool.take(Array.from({ length: 10 }, (_, n) => n));
    expect((await pool.ended()).toSorted()).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6].map((n) => `${n} completed`),
      '7 retried: bad row',
      ...[8, 9].map((n) => `${n} completed`),
    ]);
  });

  it('is by the kind of its error, as with a single handler', async () => {
    pool.handle = async () => [
      new PermanentJobError('gone'),
      new RetryLaterError({ delayMs: 9 }),
      new Error('odd'),
      undefined,
    ];
    pool.take([1, 2, 3, 4]);
    await pool.ended();
    expect(pool.store.calls.toSorted()).toEqual(['complete 4', 'deadLetter 1', 'release 2', 'retry 3']);
  });

  it('is by its own ack method; a throw fails those that have no outcome yet', async () => {
    pool.handle = async (attempts) => {
      const [first, second, third] = attempts;
      await Promise.all([first?.ack(), second?.nack({ delayMs: 5 }), third?.term('never')]);
      throw new Error('the connection broke');
    };
    pool.take([1, 2, 3, 4, 5]);
    expect((await pool.ended()).toSorted()).toEqual([
      '1 completed',
      expect.stringMatching(/^2 released/),
      '3 dead: never',
      '4 retried: the connection broke',
      '5 retried: the connection broke',
    ]);
  });

  it('is not changed by a throw after all have one, which is reported once', async () => {
    pool.handle = async (attempts) => {
      await Promise.all(attempts.map(({ ack }) => ack()));
      throw new Error('too late');
    };
    pool.take([1, 2]);
    expect(await pool.ended()).toEqual(['1 completed', '2 completed', '1 errorAfterSettle: too late']);
  });

  it.each([
    [[undefined], 'returned a list of 1 for 2 attempts'],
    ['done', 'returned a value of type string for 2 attempts'],
  ])('is failed when the handler returns %o, which is no entry for each', async (returned, message) => {
    pool.handle = async () => returned as never;
    pool.take([1, 2]);
    expect((await pool.ended()).toSorted()).toEqual([1, 2].map((n) => expect.stringContaining(`${n} retried: `)));
    expect(pool.log[0]).toContain(message);
  });

  it('is its own deadline: the others end in time, and a call that is given up counts once', async () => {
    const opened = Promise.withResolvers<void>();
    const aborted: number[] = [];
    const contexts: BatchContext[] = [];
    pool.handle = async (attempts, context) => {
      contexts.push(context);
      for (const { signal, payload } of attempts) signal.addEventListener('abort', () => aborted.push(payload.n));
      await opened.promise;
    };
    const options = { sluice: { v: 1, t: 5 } };
    pool.take([1, 2], { options });
    pool.take([3]);
    await vi.waitFor(() => expect(aborted).toEqual([1, 2]));
    expect(contexts[0]?.signal.aborted).toBe(false);
    pool.aborts.abortAll(new Error('the end'));
    expect(contexts[0]?.signal.aborted).toBe(true);
    opened.resolve();
    await pool.ended();
    expect(aborted).toEqual([1, 2, 3]);
  });
});

describe('a batch of 100', () => {
  it('is completed by one call of the script, but for the one bad job', async () => {
    pool = new BatchPool({ size: 100, waitMs: 60_000, slots: 100 });
    pool.handle = async (attempts) => attempts.map(({ id }) => (id === 'j42' ? new Error('bad') : undefined));
    const settles: string[][] = [];
    const settleAndTake = pool.store.settleAndTake.bind(pool.store);
    vi.spyOn(pool.store, 'settleAndTake').mockImplementation((batch) => {
      if (batch.completions.length > 0) settles.push(batch.completions.map(({ delivery }) => delivery.id));
      return settleAndTake(batch);
    });
    const slots = new Slots(100);
    const batcher = pool.takeBy(slots);
    for (let n = 0; n < 100; n += 1) pool.store.add({ id: `j${n}`, name: 'save', data: JSON.stringify({ n }) });
    while (slots.free > 0) await batcher.take();
    await pool.ended();
    expect(pool.seen.map(({ length }) => length)).toEqual([100]);
    expect(settles.map(({ length }) => length)).toEqual([99]);
    expect(pool.store.calls.filter((call) => /^(retry|deadLetter|release)/.test(call))).toEqual(['retry j42']);
  });

  it('is split into batches of one for crash suspects', async () => {
    const batcher = pool.takeBy(new Slots(10));
    pool.store.add(...[1, 2, 3].map((n) => ({ id: `j${n}`, name: 'save', data: JSON.stringify({ n }) })));
    pool.store.queue.suspects.push(['j1', 'j2']);
    expect(await batcher.takeSuspects()).toBe(2);
    await pool.ended();
    expect(pool.seen).toEqual([[1], [2]]);
  });
});

describe('a batch that never returns', () => {
  it('gives up each attempt at the end of its grace, and counts as one abandoned handler until it is back', async () => {
    const opened = Promise.withResolvers<void>();
    const short = { ...save, timeoutMs: 5, graceMs: 0 };
    pool = new BatchPool({ waitMs: 1, contract: short });
    pool.handle = () => opened.promise;
    pool.take([1, 2, 3]);
    await pool.ended();
    expect(pool.log.filter((line) => line.endsWith('abandoned'))).toHaveLength(3);
    expect(pool.log.filter((line) => line.includes('retried: Timeout'))).toHaveLength(3);
    expect(pool.counters.counts.abandoned).toBe(1);
    opened.resolve();
    await vi.waitFor(() => expect(pool.counters.counts.abandoned).toBe(0));
  });
});

describe('defineBatchHandler', () => {
  it('has the types of its contract without annotations', () => {
    defineBatchHandler(count, { size: 2, waitMs: 0 }, (attempts) => {
      expectTypeOf(attempts).toEqualTypeOf<readonly Attempt<typeof count>[]>();
      return attempts.map(({ payload }) => (payload.n > 0 ? { kind: 'odd' } : new Error('no number')));
    });
    defineBatchHandler(count, { size: 2, waitMs: 0 }, async (attempts, { signal }) => {
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      await Promise.all(attempts.map(({ ack }) => ack({ kind: 'even' })));
    });
    // @ts-expect-error the result is an object with `kind`
    defineBatchHandler(count, { size: 2, waitMs: 0 }, async (attempts) => attempts.map(() => 'odd'));
    // @ts-expect-error the job has no result
    defineBatchHandler(save, { size: 2, waitMs: 0 }, async (attempts) => attempts.map(() => 'saved'));
    // @ts-expect-error a list, with an entry for each
    defineBatchHandler(count, { size: 2, waitMs: 0 }, async () => ({ kind: 'odd' }));
  });

  it.each([
    [{}, 'size must be a whole number from 1 to 1,000, not undefined; waitMs must be'],
    [{ size: 0, waitMs: 1 }, 'size must be a whole number from 1 to 1,000, not 0'],
    [{ size: 1_001, waitMs: 1 }, 'size must be a whole number from 1 to 1,000, not 1001'],
    [{ size: 1, waitMs: 60_001 }, 'waitMs must be a whole number from 0 to 60,000, not 60001'],
    [{ size: 1, waitMs: 1, wait: 1 }, 'wait is no option here'],
  ])('refuses %o', (options, problem) => {
    expect(() => defineBatchHandler(save, options as never, async () => undefined)).toThrow(problem);
  });

  it('refuses what is no contract or no function, for callers whose compiler did not look', () => {
    // @ts-expect-error no function
    expect(() => defineBatchHandler(save, { size: 1, waitMs: 1 })).toThrow('the third argument must be a function');
    // @ts-expect-error no contract
    expect(() => defineBatchHandler('save', { size: 1, waitMs: 1 }, async () => undefined)).toThrow(
      'a contract made by',
    );
  });

  it('fits a registry under its own name only', () => {
    const saver = defineBatchHandler(save, { size: 1, waitMs: 1 }, async () => undefined);
    const counter = defineBatchHandler(count, { size: 1, waitMs: 1 }, async (attempts) => results(attempts));
    expect([...bindHandlers(queue, { count: counter, save: saver }).keys()]).toEqual(['count', 'save']);
    // @ts-expect-error the handler under count is one for save
    expect(() => bindHandlers(queue, { count: saver, save: saver })).toThrow('the handler under count is one for save');
  });
});
