import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';

describe('a job of another client', () => {
  test('that says itself how long it is kept is kept so, as with a Worker of BullMQ', async ({ open }) => {
    const { pool, add, raw } = open({ attempts: 1 });
    const running = pool({ concurrency: 1 });
    const own = await add({ do: 'ok' }, { removeOnComplete: true });
    const few = [];
    for (let count = 0; count < 3; count += 1) few.push(await add({ do: 'ok' }, { removeOnComplete: { count: 1 } }));
    const failing = await add({ do: 'fail' }, { removeOnFail: true, attempts: 1 });
    const kept = await add({ do: 'fail' }, { attempts: 1 });
    await running.start();
    await vi.waitFor(async () => expect(await raw.getJobState(kept)).toBe('failed'));
    expect(await raw.getJob(own)).toBeUndefined();
    expect((await raw.getCompleted()).map(({ id }) => id)).toEqual(few.slice(-1));
    expect((await raw.getFailed()).map(({ id }) => id)).toEqual([kept]);
    expect(await raw.getJob(failing)).toBeUndefined();
    await vi.waitFor(() => expect(running.health()).toMatchObject({ completed: 4, dead: 2 }));
  });

  test.for([
    { sluice: { e: 'soon' } },
    { sluice: { e: 9e15, t: 'long' } },
    { sluice: { t: -5 } },
    { backoff: { type: 'fixed', delay: 'soon' } },
    { backoff: -1 },
  ])('runs by its contract where its options cannot be read: %j', async (options, { open }) => {
    const { pool, add, raw } = open({ attempts: 2, delayMs: 1 });
    const id = await add({ do: 'failUntil', attempt: 2 }, options as object);
    const running = pool();
    const faults: unknown[] = [];
    running.on('fault', (fault) => faults.push(fault));
    await running.start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    await vi.waitFor(() => expect(running.health()).toMatchObject({ taken: 2, retried: 1, completed: 1 }));
    expect(faults).toEqual([]);
  });
});
