import { copyFile, cp, glob, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isExecutable, isUsable, type ServerProgram } from './server-program.ts';
import { runCommand } from './run-command.ts';

/**
 * Debian puts the server into redis-tools, under the name of redis-check-rdb: it is one program that looks at the name it
 * was called by. The other packages are libraries that a small installation lacks.
 */
const packages = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];
const SERVER_IN_PACKAGE = 'usr/bin/redis-check-rdb';
const FETCH_TIMEOUT_MS = 120_000;

/**
 * A redis-server from the packages of this Debian or Ubuntu, unpacked into the cache folder: no root, nothing installed.
 * Fetched once (some 4 MB); later calls only look whether it still runs.
 *
 * @throws Error that says why it cannot be had: another system, no network, an archive without these packages
 */
export async function fetchFromDebian(options: {
  path: readonly string[];
  cacheDir: string;
  onProgress: (line: string) => void;
}): Promise<ServerProgram> {
  const tools = { apt: await findTool('apt-get', options.path), dpkg: await findTool('dpkg-deb', options.path) };
  // In the list of library folders that the server is started with, these mean something, and nothing can quote them.
  if (/[:;$]/.test(options.cacheDir))
    throw new Error(`a path with ":", ";" or "$" cannot be the cache: ${options.cacheDir}`);
  const home = join(options.cacheDir, `redis-${await releaseName()}-${process.arch}`);
  const cached = programIn(home);
  if ((await isExecutable(cached.path)) && (await isUsable(cached))) return cached;
  options.onProgress('fetching a Redis server from Debian packages (about 4 MB, once)');
  const work = await mkdtemp(join(tmpdir(), 'sluice-fetch-'));
  try {
    await download(work, tools);
    await mkdir(options.cacheDir, { recursive: true });
    return await publish(join(work, 'root'), home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function findTool(name: string, path: readonly string[]): Promise<string> {
  for (const folder of path) {
    if (await isExecutable(join(folder, name))) return join(folder, name);
  }
  throw new Error(`no ${name} here: not a Debian or Ubuntu`);
}

/** Packages of one release do not run on another: each gets a folder of its own. */
async function releaseName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?([a-z0-9]+)/m.exec(text)?.[1] ?? 'unknown';
}

function programIn(home: string): ServerProgram {
  return { path: join(home, 'redis-server'), source: 'debian', env: { LD_LIBRARY_PATH: join(home, 'lib') } };
}

/** Leaves the unpacked packages in `<work>/root`. Every file that apt writes stays inside `work`. */
async function download(work: string, tools: { apt: string; dpkg: string }): Promise<void> {
  const debs = join(work, 'debs');
  for (const folder of ['lists/partial', 'archives/partial', 'debs'])
    await mkdir(join(work, folder), { recursive: true });
  const run = (tool: string, ...args: string[]) => runCommand(tool, args, { cwd: debs, timeoutMs: FETCH_TIMEOUT_MS });
  const here = [
    '-qq',
    ...settings('Debug::NoLocking=1', 'APT::Sandbox::User=', `Dir::Cache=${work}`, 'Acquire::Retries=2'),
  ];
  const ownLists = settings(`Dir::State=${work}`, 'Dir::State::status=/var/lib/dpkg/status', 'Acquire::Languages=none');
  try {
    await run(tools.apt, ...here, 'download', ...packages); // by the machine's own package lists, when it has any
  } catch {
    await run(tools.apt, ...here, ...ownLists, 'update');
    await run(tools.apt, ...here, ...ownLists, 'download', ...packages);
  }
  for (const deb of await readdir(debs)) await run(tools.dpkg, '-x', join(debs, deb), join(work, 'root'));
}

function settings(...values: readonly string[]): string[] {
  return values.flatMap((value) => ['-o', value]);
}

/**
 * Makes the program's folder next to its final place and moves it there in one step, so that it is never seen incomplete.
 * When several processes do this at once the first one wins and the others use what it made.
 */
async function publish(root: string, home: string): Promise<ServerProgram> {
  const draft = await mkdtemp(`${home}.`);
  try {
    await fill(draft, root);
    if (!(await isUsable(programIn(draft))))
      throw new Error('the Redis server of these packages does not run or is older than 7.0');
    await rename(draft, home).catch(() => replaceUnlessUsable(draft, home));
    return programIn(home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fill(draft: string, root: string): Promise<void> {
  await mkdir(join(draft, 'lib'));
  await copyFile(join(root, SERVER_IN_PACKAGE), programIn(draft).path);
  // The folder is no part of the pattern: its own name may hold brackets and stars.
  for await (const name of glob('usr/lib/**/*.so*', { cwd: root })) {
    const library = join(root, name);
    if (!(await stat(library)).isFile()) continue; // follows links: what a link names is copied under the link's name
    await cp(library, join(draft, 'lib', basename(library)), { dereference: true });
  }
}

async function replaceUnlessUsable(draft: string, home: string): Promise<void> {
  if (await isUsable(programIn(home))) return;
  const broken = `${draft}.broken`;
  await rename(home, broken);
  await rename(draft, home);
  await rm(broken, { recursive: true, force: true });
}
