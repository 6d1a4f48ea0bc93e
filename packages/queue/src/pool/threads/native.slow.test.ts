import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { threadTest as test } from './testing/thread-test.ts';

describe('a thread inside native code', () => {
  test('counts a handler inside native code as abandoned until its thread is gone', async ({ jobs }) => {
    const { pipe, release } = makePipe();
    const pool = jobs.pool({ concurrency: 1 });
    const id = await jobs.add({ do: 'stayNative', pipe }, { timeoutMs: 50 });
    await pool.start();
    expect(await jobs.end(id)).toMatchObject({ state: 'failed', code: 'SLUICE_JOB_TIMEOUT' });
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(1));
    await release();
    await vi.waitFor(() => expect(pool.health().abandoned).toBe(0));
  });
});

/** A named pipe: whoever opens it for reading is in native code until `release`, which the end of the test calls too. */
function makePipe(): { pipe: string; release: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-native-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // For reading and writing, because that does not wait for a reader.
  const release = () => open(pipe, 'r+').then((file) => file.close());
  onTestFinished(async () => {
    await release();
    rmSync(folder, { recursive: true });
  });
  return { pipe, release };
}
