import { describe, expect, vi } from 'vitest';
import { makeBlockingPipe } from '../../testing/blocking-pipe.ts';
import { threadTest as test } from '../testing/thread-test.ts';

describe('a thread inside native code', () => {
  test('counts a handler inside native code as abandoned until its thread is gone', async ({ jobs }) => {
    const { pipe, release } = makeBlockingPipe();
    const pool = jobs.pool({ concurrency: 1 });
    const id = await jobs.add({ do: 'stayNative', pipe }, { timeoutMs: 50 });
    await pool.start();
    expect(await jobs.end(id)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_TIMEOUT' });
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(1));
    await release();
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(0));
  });
});
