import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOnPath } from './server-program.ts';

let work: string;
beforeEach(async () => void (work = await mkdtemp(join(tmpdir(), 'path-test-'))));
afterEach(() => rm(work, { recursive: true, force: true }));

async function provide(folder: string, name: string, printed: string): Promise<string> {
  const path = join(work, folder, name);
  await mkdir(join(work, folder), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${printed}'\n`);
  await chmod(path, 0o755);
  return path;
}

const find = (...folders: string[]) => findOnPath(folders.map((folder) => join(work, folder)));

describe('findOnPath', () => {
  it('passes over a server that is older than 7.0', async () => {
    await provide('old', 'redis-server', 'Redis server v=6.2.19 sha=00000000:0 malloc=jemalloc');
    const newer = await provide('new', 'redis-server', 'Redis server v=7.0.0 sha=00000000:0 malloc=jemalloc');
    expect(await find('old', 'new')).toMatchObject({ path: newer, source: 'path' });
  });

  it('takes a Valkey server when there is no Redis one', async () => {
    const valkey = await provide('one', 'valkey-server', 'Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc');
    expect(await find('none', 'one')).toMatchObject({ path: valkey });
  });

  it('compares versions as numbers', async () => {
    const ten = await provide('ten', 'redis-server', 'Redis server v=10.0.0 sha=00000000:0');
    expect(await find('ten')).toMatchObject({ path: ten });
  });

  it('passes over a program that does not run', async () => {
    await provide('broken', 'redis-server', '');
    await writeFile(join(work, 'broken', 'redis-server'), '#!/bin/sh\nexit 127\n');
    await expect(find('broken')).rejects.toThrow('no redis-server or valkey-server');
  });
});
