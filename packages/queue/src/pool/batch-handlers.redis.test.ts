import { describe, expect, vi } from 'vitest';
import { type BatchContext, defineBatchHandler } from '../job/handler/batch-handler.ts';
import type { OwnAttempt, OwnQueue, ServingPool } from './testing/own-handler.ts';
import { ownTest as test } from './testing/own-test.ts';

/** A pool of 20 slots whose handler takes what it can get at once. */
function serveBatches(
  queue: OwnQueue,
  handle: (attempts: readonly OwnAttempt[], context: BatchContext) => Promise<readonly (string | Error)[] | undefined>,
  waitMs = 60_000,
): Promise<ServingPool> {
  return queue.serveBy(defineBatchHandler(queue.contract, { size: 20, waitMs }, handle), { concurrency: 20 });
}

const addMany = (queue: OwnQueue, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => queue.add({ n, attempts: 2, backoff: 1 })));

describe('a batch handler', () => {
  test('gets many jobs in one call, and one bad job of them fails alone', async ({ own }) => {
    const queue = own();
    const ids = await addMany(queue, 20);
    const sizes: number[] = [];
    const { pool, emitted } = await serveBatches(
      queue,
      async (attempts) => {
        sizes.push(attempts.length);
        return attempts.map(({ payload: { n }, attempt }) =>
          n === 7 && attempt === 1 ? new Error('bad') : `row ${n}`,
        );
      },
      200,
    );
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ completed: 20, retried: 1, busy: 0 }));
    expect(sizes).toEqual([20, 1]);
    expect(emitted.filter(({ name }) => name === 'retried')).toEqual([
      { name: 'retried', event: expect.objectContaining({ id: ids[7], message: 'bad' }) as object },
    ]);
    const stored = await Promise.all(ids.map((id) => queue.read(id)));
    expect(stored.map(({ state, fields }) => `${state} ${fields['returnvalue']} ${fields['atm']}`)).toEqual(
      ids.map((_, n) => `completed "row ${n}" ${n === 7 ? 2 : 1}`),
    );
  });

  test('holds a lease and a slot for each job, and extends one alone', async ({ own }) => {
    const queue = own({ timeoutMs: 2_000 });
    const ids = await addMany(queue, 20);
    const begun = Promise.withResolvers<readonly OwnAttempt[]>();
    const finish = Promise.withResolvers<void>();
    const { pool } = await serveBatches(queue, async (attempts) => {
      begun.resolve(attempts);
      await finish.promise;
      return attempts.map(({ id }) => id);
    });
    const attempts = await begun.promise;
    const locks = await Promise.all(ids.map((id) => queue.client.get(queue.key(`${id}:lock`))));
    expect(new Set(locks).size).toBe(20);
    expect(new Set(attempts.map(({ fencingToken }) => fencingToken)).size).toBe(20);
    expect(pool.health()).toMatchObject({ busy: 20, slots: 20 });
    const before = attempts.map(({ deadlineAtMs }) => deadlineAtMs);
    await attempts[3]?.extend(5_000);
    expect(attempts.map(({ deadlineAtMs }, n) => Math.round((deadlineAtMs - (before[n] ?? 0)) / 1_000))).toEqual(
      ids.map((_, n) => (n === 3 ? 5 : 0)),
    );
    finish.resolve();
    await vi.waitFor(() => expect(pool.health()).toMatchObject({ completed: 20, busy: 0 }));
  });

  test('runs at a drain what has been gathered, and is interrupted as a whole at its end', async ({ own }) => {
    const queue = own();
    const ids = await addMany(queue, 3);
    const { pool } = await serveBatches(queue, async (attempts) => attempts.map(({ id }) => id));
    await vi.waitFor(() => expect(pool.health().busy).toBe(3));
    await pool.drain();
    expect(pool.health()).toMatchObject({ completed: 3, released: 0 });

    const stuck = await addMany(queue, 2);
    const reasons: unknown[] = [];
    const second = await serveBatches(
      queue,
      (_attempts, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push((signal.reason as Error).name);
            reject(signal.reason as Error);
          });
        }),
      1,
    );
    await vi.waitFor(() => expect(second.emitted.filter(({ name }) => name === 'started')).toHaveLength(2));
    await second.pool.stop();
    expect(reasons).toEqual(reasons.map(() => 'JobInterruptedError'));
    expect(reasons.length).toBeGreaterThan(0);
    const states = await Promise.all([...ids, ...stuck].map(async (id) => (await queue.read(id)).state));
    expect(states).toEqual(['completed', 'completed', 'completed', 'waiting', 'waiting']);
  });
});
