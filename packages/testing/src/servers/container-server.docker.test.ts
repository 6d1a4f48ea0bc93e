import { describe, expect, inject } from 'vitest';
import { pauseRedis } from '../faults/pause-redis.ts';
import { restartRedis } from '../faults/restart-redis.ts';
import { isolatedRedisTest } from '../fixtures/isolated-redis-test.ts';

describe('Redis in a container', () => {
  isolatedRedisTest('is what the fixtures give when the config asks for it', async ({ redis, server }) => {
    expect(inject('redisSource')).toMatchObject({ kind: 'container' });
    expect(server.kind).toBe('container');
    const client = await redis.client();
    expect(await client.ping()).toBe('PONG');
  });

  for (const how of ['graceful', 'kill'] as const) {
    isolatedRedisTest(
      `keeps its address and every answered write over a restart (${how})`,
      async ({ redis, server }) => {
        const client = await redis.client();
        await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`key-${i}`, i)));
        const url = server.url;
        await restartRedis(server, how);
        expect(server.url).toBe(url);
        expect(await client.dbsize()).toBe(500);
      },
    );
  }

  isolatedRedisTest('answers nothing while it is suspended', async ({ redis, server }) => {
    const client = await redis.client({ commandTimeout: 300 });
    await server.suspend();
    await expect(client.ping()).rejects.toThrow('Command timed out');
    await server.resume();
    await expect.poll(() => client.ping().catch(() => 'no answer yet')).toBe('PONG');
    await pauseRedis(server, 1);
    expect(await client.ping()).toBe('PONG');
  });

  isolatedRedisTest('is removed after a test that left it frozen', async ({ redis, server }) => {
    const client = await redis.client();
    await client.ping();
    await server.suspend();
  });
});
