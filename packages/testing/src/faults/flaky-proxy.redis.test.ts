import { describe, expect, vi } from 'vitest';
import { redisTest } from '../fixtures/redis-test.ts';
import { connectClient } from '../servers/connect-client.ts';
import { type FlakyProxy, flakyProxy } from './flaky-proxy.ts';

const proxyTest = redisTest.extend<{ proxy: FlakyProxy }>({
  proxy: async ({ redis }, use) => {
    await using proxy = await flakyProxy(redis.url);
    await use(proxy);
  },
});

describe('flakyProxy', () => {
  proxyTest('passes on commands and replies', async ({ proxy }) => {
    const client = await connectClient(proxy.url);
    expect(await client.set('key', 'x'.repeat(300_000))).toBe('OK');
    expect(await client.strlen('key')).toBe(300_000);
    client.disconnect();
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
  });

  proxyTest('lets Redis run a command and drops the reply', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    const dropped = proxy.dropNextReply('incr');
    expect(await client.get('other')).toBeNull();
    await expect(client.incr('counter')).rejects.toThrow();
    await dropped;
    expect(await direct.get('counter')).toBe('1');
  });

  proxyTest('shows that ioredis by default sends a lost command twice', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url);
    void proxy.dropNextReply('incr');
    expect(await client.incr('counter')).toBe(2);
    expect(await direct.get('counter')).toBe('2');
    client.disconnect();
  });

  proxyTest('cuts open connections, refuses new ones, and comes back on the same address', async ({ proxy }) => {
    const client = await connectClient(proxy.url, { retryStrategy: () => 20 });
    const url = proxy.url;
    await proxy.cut();
    await vi.waitFor(() => expect(client.status).toBe('reconnecting'));
    await expect(connectClient(url, { retryStrategy: () => null })).rejects.toThrow();
    await proxy.restore();
    expect(proxy.url).toBe(url);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  proxyTest('stalls without closing, and continues where it stopped', async ({ proxy }) => {
    const client = await connectClient(proxy.url, { commandTimeout: 100 });
    proxy.stall();
    await expect(client.ping()).rejects.toThrow('Command timed out');
    expect(proxy.connections).toBe(1);
    await proxy.restore();
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });
});
