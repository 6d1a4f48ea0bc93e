import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchFromDebian } from './fetch-from-debian.ts';
import { runCommand } from './run-command.ts';

/** Stand-ins for apt-get and dpkg-deb: they note that they ran and unpack a "server" that tells a version. */
const aptGet = `#!/bin/sh
echo "$@" >>"$(dirname "$0")/calls"
case "$*" in *download*) : >redis-tools.deb ;; esac
`;
const dpkgDeb = (version: string) => `#!/bin/sh
mkdir -p "$3/usr/bin" "$3/usr/lib/any"
printf '#!/bin/sh\\necho "Redis server v=${version} sha=0"\\n' >"$3/usr/bin/redis-check-rdb"
chmod 755 "$3/usr/bin/redis-check-rdb"
echo library >"$3/usr/lib/any/libany.so.1.0"
ln -sf libany.so.1.0 "$3/usr/lib/any/libany.so.1"
`;

let work: string;
let cacheDir: string;
const progress: string[] = [];
const onProgress = (line: string) => void progress.push(line);

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'fetch-test-'));
  cacheDir = join(work, 'cache');
  progress.length = 0;
  await provideTools('7.0.15');
});
afterEach(() => {
  vi.unstubAllEnvs();
  return rm(work, { recursive: true, force: true });
});

async function provideTools(version: string): Promise<void> {
  await mkdir(join(work, 'bin'), { recursive: true });
  for (const [name, text] of [
    ['apt-get', aptGet],
    ['dpkg-deb', dpkgDeb(version)],
  ] as const) {
    await writeFile(join(work, 'bin', name), text);
    await chmod(join(work, 'bin', name), 0o755);
  }
}

const fetchHere = () => fetchFromDebian({ path: [join(work, 'bin')], cacheDir, onProgress });

describe('fetchFromDebian', () => {
  it('unpacks a server that runs, with its libraries next to it', async () => {
    const program = await fetchHere();
    expect(await runCommand(program.path, ['--version'], { timeoutMs: 5_000 })).toContain('v=7.0.15');
    const libraries = program.env['LD_LIBRARY_PATH'] ?? '';
    expect(await readdir(libraries)).toEqual(['libany.so.1', 'libany.so.1.0']);
    expect(await readFile(join(libraries, 'libany.so.1'), 'utf8')).toBe('library\n');
  });

  it('finds the libraries whatever its folders are named', async () => {
    const odd = join(work, `[a-z] {b,c} * ? ü#50%41 '"`);
    await mkdir(odd);
    vi.stubEnv('TMPDIR', odd);
    cacheDir = join(odd, 'cache');
    const program = await fetchHere();
    expect(await readdir(program.env['LD_LIBRARY_PATH'] ?? '')).toEqual(['libany.so.1', 'libany.so.1.0']);
  });

  it('refuses a cache whose path would be taken for a list of folders', async () => {
    cacheDir = join(work, 'a:b');
    await expect(fetchHere()).rejects.toThrow('cannot be the cache');
    expect(await readdir(work)).not.toContain('a:b');
  });

  it('fetches once and says so once', async () => {
    const first = await fetchHere();
    await rm(join(work, 'bin', 'dpkg-deb'));
    await writeFile(join(work, 'bin', 'dpkg-deb'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(await fetchHere()).toEqual(first);
    expect(progress).toHaveLength(1);
  });

  it('leaves one whole server and no drafts when many ask at once', async () => {
    const programs = await Promise.all(Array.from({ length: 8 }, fetchHere));
    expect(new Set(programs.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(cacheDir)).toHaveLength(1);
    await expect(fetchHere()).resolves.toEqual(programs[0]);
  });

  it('replaces a cached server that no longer runs', async () => {
    const { path } = await fetchHere();
    await writeFile(path, '#!/bin/sh\nexit 127\n');
    await fetchHere();
    expect(await runCommand(path, ['--version'], { timeoutMs: 5_000 })).toContain('v=7.0.15');
    expect(await readdir(cacheDir)).toHaveLength(1);
  });

  it('refuses a server that is too old and keeps nothing of it', async () => {
    await provideTools('6.0.16');
    await expect(fetchHere()).rejects.toThrow('older than 7.0');
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('says what is missing on another system', async () => {
    const path = ['/nowhere'].join(delimiter).split(delimiter);
    await expect(fetchFromDebian({ path, cacheDir, onProgress })).rejects.toThrow('no apt-get here');
  });
});
