import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askRedis, isListening } from './ask-redis.ts';
import { LocalRedisInUseError, LocalRedisStartError } from './local-redis-errors.ts';
import { runCommand } from './run-command.ts';
import { socketPathOf } from './server-address.ts';
import { startLocalRedis } from './start-local-redis.ts';
import { suspendProcess } from './testing/suspend-process.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'redis-data-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  return rm(dir, { recursive: true, force: true });
});

const socketFolder = (url: string) => dirname(socketPathOf(url) ?? '');

describe('startLocalRedis', () => {
  it('gives a server that answers, on a socket in a folder of this user alone', async () => {
    await using redis = await startLocalRedis();
    expect(redis.url).toMatch(/^unix:\/\/\/.*\/redis\.sock$/);
    expect(await askRedis(redis.url, 'PING')).toContain('+PONG');
    expect((await stat(socketFolder(redis.url))).mode & 0o777).toBe(0o700);
    expect(await askRedis(redis.url, 'INFO server')).toContain(`process_id:${redis.pid}\r\n`);
  });

  it('never evicts, never snapshots and listens nowhere else', async () => {
    await using redis = await startLocalRedis();
    expect(await askRedis(redis.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await askRedis(redis.url, 'CONFIG GET save')).toContain('$4\r\nsave\r\n$0\r\n');
    expect(await askRedis(redis.url, 'CONFIG GET port')).toContain('$4\r\nport\r\n$1\r\n0\r\n');
  });

  it('listens on loopback alone when asked for tcp', async () => {
    await using redis = await startLocalRedis({ listen: 'tcp' });
    expect(redis.url).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    expect(await askRedis(redis.url, 'CONFIG GET bind')).toContain('127.0.0.1');
  });

  it('leaves nothing behind when stopped, twice and at once', async () => {
    const redis = await startLocalRedis();
    await Promise.all([redis.stop(), redis.stop()]);
    await redis.stop();
    expect(await isListening(redis.url)).toBe(false);
    await expect(stat(socketFolder(redis.url))).rejects.toThrow('ENOENT');
  });

  it('reports when the server ends by itself', async () => {
    const redis = await startLocalRedis();
    process.kill(redis.pid ?? 0, 'SIGKILL');
    await redis.exited;
    await expect(stat(socketFolder(redis.url))).rejects.toThrow('ENOENT');
    await redis.stop();
  });

  it('ends a server that is stopped by a signal', async () => {
    const redis = await startLocalRedis();
    await suspendProcess(redis.pid ?? 0);
    await redis.stop();
    expect(await isListening(redis.url)).toBe(false);
  });

  it('has the data again on the same folder, at the same address when asked', async () => {
    const first = await startLocalRedis({ dir });
    await askRedis(first.url, 'SET kept yes');
    await first.stop();
    await using second = await startLocalRedis({ dir, url: first.url });
    expect(second.url).toBe(first.url);
    expect(await askRedis(second.url, 'GET kept')).toContain('yes');
    expect(await askRedis(second.url, 'CONFIG GET appendfsync')).toContain('everysec');
  });

  it('has the data again after the server was killed', async () => {
    const first = await startLocalRedis({ dir });
    await askRedis(first.url, 'SET kept yes');
    process.kill(first.pid ?? 0, 'SIGKILL');
    await first.exited;
    await using second = await startLocalRedis({ dir });
    expect(await askRedis(second.url, 'GET kept')).toContain('yes');
  });

  it.each([`two 'wo"rds`, 'größe#50%41?', '[a-b]*{c,d}$HOME;x:,', 'new\nli\\ne'])(
    'starts and restarts with its socket and its data below a folder named %j',
    async (name) => {
      const folder = join(dir, name);
      await mkdir(folder);
      vi.stubEnv('TMPDIR', folder);
      const first = await startLocalRedis({ dir: join(folder, 'data') });
      expect(dirname(socketFolder(first.url))).toBe(folder);
      await askRedis(first.url, 'SET kept yes');
      expect(await askRedis(first.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
      await first.stop();
      await using second = await startLocalRedis({ dir: join(folder, 'data'), url: first.url });
      expect(second.url).toBe(first.url);
      expect(await askRedis(second.url, 'GET kept')).toContain('yes');
    },
  );

  it('puts its socket below /tmp when its path would have too many bytes', async () => {
    const folder = join(dir, 'ü'.repeat(40));
    await mkdir(folder);
    vi.stubEnv('TMPDIR', folder);
    await using redis = await startLocalRedis();
    expect(dirname(socketFolder(redis.url))).toBe('/tmp');
  });

  it('refuses a second server on the same folder', async () => {
    await using first = await startLocalRedis({ dir });
    const second = startLocalRedis({ dir });
    await expect(second).rejects.toThrow(LocalRedisInUseError);
    await expect(second).rejects.toMatchObject({ code: 'SLUICE_LOCAL_REDIS_IN_USE', ownerPid: process.pid });
    expect(await askRedis(first.url, 'PING')).toContain('+PONG');
  });

  it('lets only one of several that start on a folder at once have it, again and again', async () => {
    for (let round = 0; round < 5; round += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => startLocalRedis({ dir })));
      const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      for (const redis of started) await redis.stop();
      expect(started).toHaveLength(1);
    }
  });

  it('repeats what the server said when it does not start, and frees the folder', async () => {
    const start = startLocalRedis({ dir, config: { 'no-such-setting': '1' } });
    await expect(start).rejects.toThrow(LocalRedisStartError);
    await expect(start).rejects.toThrow('no-such-setting');
    await using next = await startLocalRedis({ dir });
    expect(await askRedis(next.url, 'PING')).toContain('+PONG');
  });

  it('says so every time, however soon the server ends', async () => {
    const folders = Array.from({ length: 24 }, (_, n) => join(dir, String(n)));
    const starts = folders.map((folder) => startLocalRedis({ dir: folder, config: { 'no-such-setting': '1' } }));
    const errors = await Promise.all(starts.map((start) => start.catch((error: unknown) => error)));
    expect(errors.filter((error) => !(error instanceof LocalRedisStartError))).toEqual([]);
  });

  it('names the three ways to get a server when there is none', async () => {
    const script = `import { startLocalRedis } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      await startLocalRedis().catch((error) => console.log(error.code, error.message));`;
    const printed = await runCommand(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: '/nowhere' },
      timeoutMs: 20_000,
    });
    expect(printed).toContain('SLUICE_LOCAL_REDIS_UNAVAILABLE');
    for (const way of ['apt-get install', 'brew install', 'Docker']) expect(printed).toContain(way);
  });
});
