import { describe, expect, vi } from 'vitest';
import { redisTest } from '../fixtures/redis-test.ts';
import { connectClient } from '../servers/connect-client.ts';
import { startTestServer } from '../servers/start-test-server.ts';
import { heldProxy, type HeldProxy } from './held-proxy.ts';

const proxyTest = redisTest.extend<{ proxy: HeldProxy }>({
  proxy: async ({ redis }, use) => {
    await using proxy = await heldProxy(redis.url);
    await use(proxy);
  },
});

const isIncr = (command: string): boolean => /\r\nincr\r\n/i.test(command);

describe('heldProxy', () => {
  proxyTest('holds a command before Redis has it, and what its client sends after it', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url);
    const held = proxy.holdCommand(isIncr);
    const answers = Promise.all([client.set('before', 1), client.incr('counter'), client.set('after', 1)]);
    const { release } = await held;
    expect(await direct.mget('before', 'counter', 'after')).toEqual(['1', null, null]);
    release();
    expect(await answers).toEqual(['OK', 1, 'OK']);
    client.disconnect();
  });

  proxyTest('passes a command to Redis and keeps the reply', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    for (const counted of ['1', '2']) {
      const held = proxy.holdAnswer(isIncr);
      const answer = client.incr('counter');
      const { release } = await held;
      await vi.waitFor(async () => expect(await direct.get('counter')).toBe(counted));
      if (counted === '2') {
        proxy.cut();
        await expect(answer).rejects.toThrow();
        return;
      }
      release();
      expect(await answer).toBe(1);
    }
  });

  proxyTest('passes the held command of a client that was cut off to Redis', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    const held = proxy.holdCommand(isIncr);
    const lost = expect(client.incr('counter')).rejects.toThrow();
    const { cutClient, release } = await held;
    cutClient();
    await lost;
    expect(await direct.get('counter')).toBeNull();
    release();
    await vi.waitFor(async () => expect(await direct.get('counter')).toBe('1'));
  });

  proxyTest(
    'passes a held command to Redis and keeps its reply until the connection is cut',
    async ({ redis, proxy }) => {
      const direct = await redis.client();
      const client = await connectClient(proxy.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
      const held = proxy.holdCommand(isIncr);
      const lost = expect(client.incr('counter')).rejects.toThrow();
      (await held).releaseWithoutAnswer();
      await vi.waitFor(async () => expect(await direct.get('counter')).toBe('1'));
      proxy.cut();
      await lost;
    },
  );

  proxyTest('never sends a held command after its client is gone', async ({ redis, proxy }) => {
    const direct = await redis.client();
    const client = await connectClient(proxy.url, { retryStrategy: () => null });
    const held = proxy.holdCommand(isIncr);
    client.incr('counter').catch(() => undefined);
    const { release } = await held;
    client.disconnect();
    await vi.waitFor(async () =>
      expect(
        String(await direct.client('LIST'))
          .split('\n')
          .filter(Boolean),
      ).toHaveLength(2),
    );
    release();
    await direct.ping();
    expect(await direct.get('counter')).toBeNull();
  });

  proxyTest('connects clients to another Redis', async ({ proxy }) => {
    await using other = await startTestServer({ persistent: false });
    const client = await connectClient(proxy.url, { retryStrategy: () => 10 });
    await client.set('where', 'here');
    proxy.turnTo(other.url);
    expect(await client.get('where')).toBeNull();
    client.disconnect();
  });
});
