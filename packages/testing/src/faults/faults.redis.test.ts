import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { isolatedRedisTest } from '../fixtures/isolated-redis-test.ts';
import { killWorker } from './kill-worker.ts';
import { pauseRedis } from './pause-redis.ts';
import { restartRedis } from './restart-redis.ts';

describe('pauseRedis', () => {
  isolatedRedisTest('answers nothing during the pause, and everything after it', async ({ redis, server }) => {
    const client = await redis.client();
    const started = performance.now();
    const pause = pauseRedis(server, 300);
    await client.ping();
    expect(performance.now() - started).toBeGreaterThan(250);
    await pause;
    expect(await client.ping()).toBe('PONG');
  });
});

describe('restartRedis', () => {
  for (const how of ['graceful', 'kill'] as const) {
    isolatedRedisTest(`keeps the address and every answered write (${how})`, async ({ redis, server }) => {
      const client = await redis.client();
      const before = await client.info('server');
      await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`key-${i}`, i)));
      await restartRedis(server, how);

      expect(await client.dbsize()).toBe(500);
      expect(runIdOf(await client.info('server'))).not.toBe(runIdOf(before));
    });
  }

  isolatedRedisTest('restarts a frozen server', async ({ redis, server }) => {
    const client = await redis.client();
    await client.set('key', 'value');
    await server.suspend();
    await restartRedis(server);
    expect(await client.get('key')).toBe('value');
  });

  describe('without persistence', () => {
    isolatedRedisTest.override({ serverOptions: { persistent: false } });

    isolatedRedisTest('gives an empty server', async ({ redis, server }) => {
      const client = await redis.client();
      await client.set('key', 'value');
      await restartRedis(server);
      expect(await client.get('key')).toBeNull();
    });
  });
});

describe('killWorker', () => {
  test('ends a process that refuses to end, and resolves when it is gone', async () => {
    const child = spawn(process.execPath, [
      '-e',
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e3); console.log("up")',
    ]);
    await once(child.stdout, 'data');
    expect(await killWorker(child)).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(() => process.kill(child.pid ?? 0, 0)).toThrow('ESRCH');
  });

  test('returns how a process ended that was already gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.exit(3)']);
    await once(child, 'exit');
    expect(await killWorker(child)).toEqual({ exitCode: 3, signal: null });
  });
});

function runIdOf(info: string): string | undefined {
  return /run_id:(\w+)/.exec(info)?.[1];
}
