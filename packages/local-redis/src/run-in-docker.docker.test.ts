import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askRedis, isListening } from './ask-redis.ts';
import { GuardedRedis } from './guarded-redis.ts';
import type { LocalRedisOptions } from './local-redis.ts';
import { requireImage, runInDocker } from './run-in-docker.ts';
import { runCommand } from './run-command.ts';
import { readEnvironment } from './environment.ts';
import { waitUntilReady } from './start-local-redis.ts';

const { env, redisImage } = readEnvironment();

async function startInDocker(options: LocalRedisOptions = {}): Promise<GuardedRedis> {
  const launched = await runInDocker(await requireImage(redisImage, () => undefined), { ...options, env });
  await waitUntilReady(launched);
  return new GuardedRedis(launched, null);
}

const ourContainers = () =>
  runCommand('docker', ['ps', '--all', '--quiet', '--filter', 'name=sluice-redis-'], { timeoutMs: 10_000 });

describe('a Redis in a container', () => {
  it('answers on loopback and takes no settings for granted', async () => {
    await using redis = await startInDocker({ config: { 'client-output-buffer-limit': ['normal', '1mb', '0', '0'] } });
    expect(redis.url).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    expect(await askRedis(redis.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
    expect(await askRedis(redis.url, 'CONFIG GET client-output-buffer-limit')).toContain('normal 1048576 0 0');
  });

  it('is removed when stopped', async () => {
    const redis = await startInDocker();
    await redis.stop();
    expect(await isListening(redis.url)).toBe(false);
    expect(await ourContainers()).toBe('');
  });

  it('keeps its data in the folder', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'redis-data-'));
    try {
      const first = await startInDocker({ dir });
      await askRedis(first.url, 'SET kept yes');
      await first.stop();
      expect(await readdir(dir)).toContain('appendonlydir');
      await using second = await startInDocker({ dir });
      expect(await askRedis(second.url, 'GET kept')).toContain('yes');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('says why there is none', async () => {
    await expect(requireImage('no-such-registry.invalid/redis:0', () => undefined)).rejects.toThrow('docker:');
  });
});
