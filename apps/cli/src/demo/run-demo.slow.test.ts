import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@sluice/queue/logging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentReport, type ProgressReport } from '../run/progress/progress.ts';
import { runDemo } from './run-demo.ts';

describe('runDemo, when it does not get to its end', () => {
  let temp: string;
  beforeEach(async () => {
    temp = await mkdtemp(join(tmpdir(), 'demo-'));
    vi.stubEnv('TMPDIR', temp);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(temp, { recursive: true });
  });

  const demoFolders = async () => (await readdir(temp)).filter((name) => name.startsWith('sluice-demo-'));

  it('does not pass, and leaves nothing behind, after an interruption', async () => {
    const interrupt = new AbortController();
    let foldersMeanwhile: string[] = [];
    const report: ProgressReport = {
      ...silentReport,
      update: ({ done }) => {
        if (done > 0)
          void demoFolders()
            .then((folders) => (foldersMeanwhile = folders))
            .then(() => interrupt.abort());
      },
    };
    const hooks = { report, signal: interrupt.signal, log: silentLogger(), env: process.env };
    const { summary, check } = await runDemo({ redis: null }, hooks);
    expect(summary.interrupted).toBe(true);
    expect(check.passed).toBe(false);
    expect(foldersMeanwhile).toHaveLength(1);
    expect(await demoFolders()).toEqual([]);
  });

  it('leaves nothing behind when its Redis does not answer', async () => {
    const hooks = { report: silentReport, signal: new AbortController().signal, log: silentLogger() };
    const redis = 'unix:///nowhere/redis.sock';
    await expect(runDemo({ redis }, hooks)).rejects.toMatchObject({ code: 'SLUICE_REDIS_UNAVAILABLE' });
    expect(await demoFolders()).toEqual([]);
  });
});
