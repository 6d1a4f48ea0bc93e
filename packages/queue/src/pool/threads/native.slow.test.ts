import { describe, expect, vi } from 'vitest';
import { threadTest as test } from './testing/thread-test.ts';

describe('a thread inside native code', () => {
  test('counts a handler inside native code as abandoned until its thread is gone', async ({ jobs }) => {
    const pool = jobs.pool({ concurrency: 1 });
    const id = await jobs.add({ do: 'stayNative', rounds: 8_000_000 }, { timeoutMs: 50 });
    await pool.start();
    expect(await jobs.end(id)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_TIMEOUT' });
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(1), { timeout: 5_000 });
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(0), { timeout: 15_000 });
  });
});
