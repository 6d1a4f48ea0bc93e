import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';
import { findRedisData } from './redis-data.ts';

async function layData(dir: string, name: string, log: string): Promise<void> {
  await mkdir(join(dir, name, 'appendonlydir'), { recursive: true });
  await writeFile(join(dir, name, 'appendonlydir', 'log'), log);
  await writeFile(join(dir, name, 'redis-server.json'), '{}');
}

describe("the data of a run's own Redis", () => {
  it.each(['none', 'ended', 'dead'] as const)('stays where it is when the owner before is %s', async (earlierOwner) => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    expect(await findRedisData({ dir, number: 2, earlierOwner })).toBe(join(dir, 'redis'));
    expect(await readdir(dir)).toEqual(['redis']);
  });

  it('is copied when the owner before was only silent, so that its server cannot write to what is used', async () => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    const copy = await findRedisData({ dir, number: 2, earlierOwner: 'silent' });
    expect(await readdir(dir)).toEqual(['redis-2']);
    expect(await readdir(copy)).toEqual(['appendonlydir']);
    expect(await readFile(join(copy, 'appendonlydir', 'log'), 'utf8')).toBe('old');
  });

  it('is the last copy when copying was cut short', async () => {
    const dir = await testFolder();
    await layData(dir, 'redis', 'old');
    await layData(dir, 'redis-9', 'new');
    await layData(dir, 'redis-10.draft', 'half');
    expect(await findRedisData({ dir, number: 11, earlierOwner: 'dead' })).toBe(join(dir, 'redis-9'));
    expect(await readdir(dir)).toEqual(['redis-9']);
  });

  it('is new when there is none', async () => {
    const dir = await testFolder();
    expect(await findRedisData({ dir, number: 2, earlierOwner: 'silent' })).toBe(join(dir, 'redis'));
  });
});
