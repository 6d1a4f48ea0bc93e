import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findShortage } from './shortage.ts';

const systemError = (code: string, syscall = 'open'): NodeJS.ErrnoException =>
  Object.assign(new Error(code), { code, syscall });

describe('findShortage', () => {
  it.each(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'ENOSPC', 'EDQUOT'])('knows %s', (code) => {
    const error = systemError(code);
    expect(findShortage(error)).toBe(error);
  });

  it('finds it among the causes', () => {
    const shortage = systemError('EMFILE', 'spawn docker');
    expect(findShortage(new Error('docker', { cause: new Error('no', { cause: shortage }) }))).toBe(shortage);
  });

  it('takes EAGAIN for one only when a process was to be started', () => {
    expect(findShortage(systemError('EAGAIN', 'spawn /bin/sh'))).not.toBeNull();
    expect(findShortage(systemError('EAGAIN', 'read'))).toBeNull();
  });

  it.each([systemError('ENOENT'), new Error('EMFILE'), 'EMFILE', null])('takes nothing else for one: %s', (error) => {
    expect(findShortage(error)).toBeNull();
  });
});

/** What becomes of a call in a process that has no descriptor left. */
async function callWithoutDescriptors(call: string): Promise<unknown> {
  const script = `
    import { openSync } from 'node:fs';
    import { identifyProcess, whereaboutsOf } from ${moduleText('./process-identity.ts')};
    import { readServerRecord } from ${moduleText('./server-record.ts')};
    import { startLocalRedis } from ${moduleText('./start-local-redis.ts')};
    const self = await identifyProcess();
    const dir = process.argv[1];
    await import('node:child_process');
    try { for (;;) openSync('/dev/null', 'r'); } catch {}
    const end = await ${call}.then((value) => ({ value }), ({ code, message }) => ({ code, message }));
    console.log(JSON.stringify(end));
    process.exit();`;
  const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath];
  const { stdout } = await promisify(execFile)('/bin/sh', [...limited, '--input-type=module', '-e', script, dir]);
  return JSON.parse(stdout);
}

const moduleText = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'shortage-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a process without descriptors', () => {
  it.each([
    ['does not take another for dead', 'whereaboutsOf(self)'],
    ['does not take a data folder for one without a server', 'readServerRecord(dir)'],
    ['does not look for another way to a server', 'startLocalRedis()'],
    ['does not start one on a data folder', 'startLocalRedis({ dir })'],
  ])('%s, but says what it is short of', async (_, call) => {
    await writeFile(join(dir, 'redis-server.json'), '{"state":"running"}');
    expect(await callWithoutDescriptors(call)).toMatchObject({ code: 'EMFILE' });
  });
});
