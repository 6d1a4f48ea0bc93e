import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../testing/test-folder.ts';
import { findRedisData } from './redis-data.ts';

async function layData(dir: string, name: string, log: string): Promise<void> {
  await mkdir(join(dir, name, 'appendonlydir'), { recursive: true });
  await writeFile(join(dir, name, 'appendonlydir', 'log'), log);
  await writeFile(join(dir, name, 'redis-server.json'), '{}');
}

describe("the data of a run's own Redis", () => {
  it('stays where it is when no owner was only silent', async () => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    expect(await findRedisData({ dir, silentBefore: 0 })).toBe(join(dir, 'redis'));
    expect(await readdir(dir)).toEqual(['redis']);
  });

  it('is copied once when an owner was only silent, so that its server cannot write to what is used', async () => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    const copy = await findRedisData({ dir, silentBefore: 2 });
    expect(await readdir(dir)).toEqual(['redis-2']);
    expect(await readdir(copy)).toEqual(['appendonlydir']);
    const log = join(copy, 'appendonlydir', 'log');
    expect(await readFile(log, 'utf8')).toBe('old');
    await writeFile(log, 'new');
    expect(await findRedisData({ dir, silentBefore: 2 })).toBe(copy);
    expect(await readFile(log, 'utf8')).toBe('new');
  });

  it('is copied again when copying was cut short, and what is left of the old is removed', async () => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    await layData(dir, 'redis-9', 'new');
    await layData(dir, 'redis-12.draft', 'half');
    const copy = await findRedisData({ dir, silentBefore: 12 });
    expect(await readdir(dir)).toEqual(['redis-12']);
    expect(await readFile(join(copy, 'appendonlydir', 'log'), 'utf8')).toBe('new');
    await layData(dir, 'redis-9', 'old');
    expect(await findRedisData({ dir, silentBefore: 12 })).toBe(copy);
    expect(await readdir(dir)).toEqual(['redis-12']);
  });

  it('is new when there is none', async () => {
    const dir = await testFolder();
    expect(await findRedisData({ dir, silentBefore: 2 })).toBe(join(dir, 'redis-2'));
  });
});
