import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FolderLease, type FolderLeaseOptions } from './folder-lease.ts';
import { createNextLease, leasePath } from './lease-file.ts';
import { FolderLeaseLostError } from './local-redis-errors.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'lease-test-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Another host, or another container on this one, that shares the folder. */
const elsewhere = async (): Promise<ProcessIdentity> => ({
  ...(await identifyProcess()),
  space: 'another boot pid:[1]',
  host: 'web-1',
});

async function take(options?: FolderLeaseOptions, self?: ProcessIdentity): Promise<FolderLease> {
  const taken = await FolderLease.take(dir, options, self);
  if ('owner' in taken) throw new Error(`process ${taken.owner.pid} has it`);
  onTestFinished(() => taken.lease.end());
  return taken.lease;
}

/** What a process that has ended, or an earlier one with this number, has left. */
async function leaveLease(owner: Partial<ProcessIdentity>): Promise<void> {
  await createNextLease(dir, { number: 0, text: '' }, { ...(await identifyProcess()), ...owner });
}

describe('the lease of a folder', () => {
  it('is had by one at a time, and can be had again', async () => {
    const first = await take();
    expect(await FolderLease.take(dir)).toEqual({ owner: { pid: process.pid, host: null } });
    await first.end();
    expect((await take()).earlierOwner).toBe('ended');
  });

  it('is had by exactly one of many', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => FolderLease.take(dir)));
    expect(taken.filter((one) => 'lease' in one)).toHaveLength(1);
    for (const one of taken) if ('lease' in one) await one.lease.end();
  });

  it('is had by exactly one of many processes that find a dead owner', async () => {
    await leaveLease({ startedAt: '1' });
    const program = `
      const { FolderLease } = await import(${JSON.stringify(new URL('./folder-lease.ts', import.meta.url).href)});
      const taken = await FolderLease.take(${JSON.stringify(dir)});
      process.stdout.write('lease' in taken ? 'had' : 'refused');
      process.stdin.once('data', () => process.exit());
    `;
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '-e', program]));
    const answers = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0])));
    for (const child of children) child.stdin.end('x');
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(answers.filter((answer) => answer === 'had')).toHaveLength(1);
  });

  it('is refused to a process that slept while others had it', async () => {
    const self = await identifyProcess();
    const longPast = { number: 0, text: '' };
    await (await take()).end();
    await take();
    expect(await createNextLease(dir, longPast, self)).toBeNull();
    expect(await readdir(dir)).toEqual(['lease.2']);
  });

  it('is refused to a process that slept while the folder was created again', async () => {
    await (await take()).end();
    const longPast = { number: 1, text: await readFile(leasePath(dir, 1), 'utf8') };
    await rename(leasePath(dir, 1), join(dir, 'gone'));
    const current = await take();
    expect(await createNextLease(dir, longPast, await identifyProcess())).toBeNull();
    await expect(current.confirm()).resolves.toBeUndefined();
  });

  it('leaves one small file behind', async () => {
    for (let round = 0; round < 3; round += 1) await (await take()).end();
    expect(await readdir(dir)).toEqual(['lease.3']);
  });

  it.each([
    ['of a process that is gone', async () => ({ pid: await deadProcess(), startedAt: '12345' })],
    ['of an earlier process with a number of now', async () => ({ startedAt: '1' })],
  ])('is taken over at once from an owner %s', async (_, owner) => {
    await leaveLease(await owner());
    expect((await take({ silentMs: 600_000 })).earlierOwner).toBe('dead');
  });

  it('is taken over from an owner that died while it wrote the file', async () => {
    await writeFile(leasePath(dir, 1), '');
    expect((await take({ silentMs: 50 })).earlierOwner).toBe('silent');
  });
});

describe('a lease whose owner is on another host or in another container', () => {
  it('is refused while the owner gives heartbeats', async () => {
    await take({ beatMs: 20 }, await elsewhere());
    const watched: unknown[] = [];
    const owner = { pid: process.pid, host: 'web-1' };
    const onWatch = (seen: unknown): void => void watched.push(seen);
    expect(await FolderLease.take(dir, { silentMs: 600_000, onWatch })).toEqual({ owner });
    expect(watched).toEqual([owner]);
  });

  it('is taken over when the owner is silent, which finds out when it wakes up', async () => {
    const silent = await take({ beatMs: 600_000, silentMs: 1 }, await elsewhere());
    expect((await take({ beatMs: 600_000, silentMs: 300 })).earlierOwner).toBe('silent');
    await expect(silent.confirm()).rejects.toThrow(FolderLeaseLostError);
    await expect(silent.lost).rejects.toMatchObject({ code: 'SLUICE_FOLDER_LEASE_LOST', dir });
    await silent.end();
    expect(await FolderLease.take(dir)).toHaveProperty('owner');
  });

  it('is known to have been silent after the one that took it over, too', async () => {
    await leaveLease(await elsewhere());
    const second = await take({ silentMs: 50 });
    await second.end();
    const third = await take();
    expect([second.silentBefore, third.silentBefore, third.earlierOwner]).toEqual([2, 2, 'ended']);
  });

  it('is lost with the folder', async () => {
    const lease = await take({ beatMs: 10 });
    await rm(dir, { recursive: true });
    await expect(lease.lost).rejects.toThrow(FolderLeaseLostError);
  });

  it('is had by one of many that find it silent', async () => {
    await leaveLease(await elsewhere());
    const taken = await Promise.all(Array.from({ length: 10 }, () => FolderLease.take(dir, { silentMs: 300 })));
    expect(taken.filter((one) => 'lease' in one)).toHaveLength(1);
    for (const one of taken) if ('lease' in one) await one.lease.end();
  });
});

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}
