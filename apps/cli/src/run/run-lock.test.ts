import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../testing/test-folder.ts';
import { RunLock } from './run-lock.ts';

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('RunLock', () => {
  it('is had by one at a time, and can be had again', async () => {
    const dir = await testFolder();
    const first = await RunLock.take(dir);
    expect(first).toHaveProperty('lock');
    expect(await RunLock.take(dir)).toEqual({ ownerPid: process.pid });
    if ('lock' in first) await first.lock.release();
    expect(await RunLock.take(dir)).toHaveProperty('lock');
    expect(await readdir(dir)).toEqual(['lock']);
  });

  it.each([
    ['of a dead process', async () => ({ pid: await deadProcess(), startedAt: '12345' })],
    ['of an earlier process with a pid of now', async () => ({ pid: process.pid, startedAt: '1' })],
    ['that is no lock', async () => 'nonsense'],
  ])('takes over a lock %s', async (_, owner) => {
    const dir = await testFolder();
    await writeFile(join(dir, 'lock'), JSON.stringify(await owner()));
    expect(await RunLock.take(dir)).toHaveProperty('lock');
    expect(await readdir(dir)).toEqual(['lock']);
  });

  it('is had by exactly one of many that find a stale one', async () => {
    const dir = await testFolder();
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: await deadProcess(), startedAt: '1' }));
    const program = `
      const { RunLock } = await import(${JSON.stringify(new URL('./run-lock.ts', import.meta.url).href)});
      const taken = await RunLock.take(${JSON.stringify(dir)});
      process.stdout.write('lock' in taken ? 'had' : 'refused');
      process.stdin.once('data', () => process.exit());
    `;
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', program]));
    const answers = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0])));
    for (const child of children) child.stdin.end('x');
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(answers.filter((answer) => answer === 'had')).toHaveLength(1);
  });
});
