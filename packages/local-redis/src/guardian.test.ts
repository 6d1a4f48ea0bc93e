import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { adoptLocalRedis } from './adopt-local-redis.ts';
import { askRedis, isListening } from './ask-redis.ts';
import { readServerRecord, type RunningRecord } from './server-record.ts';
import { socketPathOf } from './server-address.ts';
import { startLocalRedis } from './start-local-redis.ts';
import { suspendProcess } from './testing/suspend-process.ts';

let dir: string;
let owner: ChildProcess | undefined;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'redis-data-'))));
afterEach(async () => {
  owner?.kill('SIGKILL');
  await (await adoptLocalRedis(dir))?.stop();
  await rm(dir, { recursive: true, force: true });
});

const ownerScript = `
  import { startLocalRedis } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  const { url, pid } = await startLocalRedis(JSON.parse(process.argv[1]));
  console.log(JSON.stringify({ url, pid }));
  setInterval(() => undefined, 1_000_000);`;

/** Stops its server at SIGUSR2, and has nothing else to wait for. */
const stopperScript = `
  import { startLocalRedis } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  const redis = await startLocalRedis(JSON.parse(process.argv[1]));
  const timer = setInterval(() => undefined, 1_000_000);
  const asked = new Promise((resolve) => process.once('SIGUSR2', resolve));
  console.log(JSON.stringify({ url: redis.url, pid: redis.pid }));
  await asked;
  clearInterval(timer);
  await redis.stop();`;

/** Another process that starts a server and lives until it is killed. */
async function startOwner(
  options: { dir?: string } = {},
  script = ownerScript,
): Promise<{ owner: ChildProcess; url: string; pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owner = child;
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { owner: child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) };
}

async function killHard(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function runningRecord(): Promise<RunningRecord> {
  const record = await readServerRecord(dir);
  if (record.state !== 'running') throw new Error('no record of a running server');
  return record;
}

const guardianPids = async (): Promise<number[]> => (await runningRecord()).guardians.map(({ pid }) => pid);

/** Kills the guardian's processes and then the owner: nobody is left to end the server. */
async function orphanServer(): Promise<{ url: string; pid: number }> {
  const started = await startOwner({ dir });
  for (const guard of await guardianPids()) process.kill(guard, 'SIGKILL');
  await killHard(started.owner);
  return started;
}

const expectGone = (url: string) => expect.poll(() => isListening(url)).toBe(false);
const expectFolderGone = (url: string) =>
  expect
    .poll(() => stat(dirname(socketPathOf(url) ?? '')).then(String, (error: { code: string }) => error.code))
    .toBe('ENOENT');

describe('the guardian', () => {
  it('ends the server when its owner is killed with -9, and removes its folder', async () => {
    const { owner, url } = await startOwner();
    expect(await isListening(url)).toBe(true);
    await killHard(owner);
    await expectGone(url);
    await expectFolderGone(url);
  });

  it('ends even a stopped server when its owner is killed with -9', async () => {
    const { owner, url, pid } = await startOwner();
    await suspendProcess(pid);
    await killHard(owner);
    await expectGone(url);
  });

  it('ends the server even when one of its two processes was killed first', async () => {
    const { owner, url } = await startOwner({ dir });
    const [first = 0] = await guardianPids();
    process.kill(first, 'SIGKILL');
    await killHard(owner);
    await expectGone(url);
    await expectFolderGone(url);
  });

  it('keeps its owner alive until both of its processes have ended', async () => {
    const { owner: other } = await startOwner({}, stopperScript);
    onTestFinished(() => void other.kill('SIGKILL'));
    const otherEnded = once(other, 'exit');
    const { owner, pid } = await startOwner({ dir }, stopperScript);
    const ended = once(owner, 'exit');
    const [, watch = 0] = await guardianPids();
    await suspendProcess(watch);
    owner.kill('SIGUSR2');
    process.kill(pid, 'SIGKILL');
    other.kill('SIGUSR2');
    await otherEnded;
    expect(owner.exitCode).toBeNull(); // though one that nothing holds up has ended
    process.kill(watch, 'SIGCONT');
    expect(await ended).toEqual([0, null]);
  });

  it('keeps what the terminal sends to its owner away from the server', async () => {
    const { url } = await startOwner({ dir });
    const [leader = 0] = await guardianPids();
    expect(() => process.kill(-leader, 0)).not.toThrow(); // there is a process group of its own
    expect(await askRedis(url, 'PING')).toContain('+PONG');
  });
});

describe('adoptLocalRedis', () => {
  it('takes over a server whose owner and guardian were killed', async () => {
    const { url, pid } = await orphanServer();
    await askRedis(url, 'SET kept yes');
    const adopted = await adoptLocalRedis(dir);
    expect(adopted).toMatchObject({ url, pid });
    expect(await askRedis(url, 'GET kept')).toContain('yes');
    await adopted?.stop();
    await expectGone(url);
    await expectFolderGone(url);
    expect(await readServerRecord(dir)).toEqual({ state: 'ended' });
  });

  it('lets only one of several have it', async () => {
    const { url } = await orphanServer();
    const adopted = (await Promise.all(Array.from({ length: 4 }, () => adoptLocalRedis(dir)))).filter(
      (redis) => redis !== null,
    );
    expect(adopted).toHaveLength(1);
    await adopted[0]?.stop();
    await expectGone(url);
  });

  it('reports when an adopted server ends by itself', async () => {
    const { pid } = await orphanServer();
    const adopted = await adoptLocalRedis(dir);
    process.kill(pid, 'SIGKILL');
    await adopted?.exited;
    expect(await readServerRecord(dir)).toEqual({ state: 'ended' });
  });

  it('waits for a server that is being ended and gives null', async () => {
    const { owner, url } = await startOwner({ dir });
    await killHard(owner);
    expect(await adoptLocalRedis(dir)).toBeNull();
    expect(await isListening(url)).toBe(false);
    await using next = await startLocalRedis({ dir });
    expect(await askRedis(next.url, 'PING')).toContain('+PONG');
  });

  it('leaves a server alone whose owner lives', async () => {
    await using redis = await startLocalRedis({ dir });
    expect(await adoptLocalRedis(dir)).toBeNull();
    expect(await askRedis(redis.url, 'PING')).toContain('+PONG');
  });

  it('gives null for a folder without a server, and for one that is not there', async () => {
    expect(await adoptLocalRedis(dir)).toBeNull();
    expect(await adoptLocalRedis(join(dir, 'none'))).toBeNull();
  });
});
