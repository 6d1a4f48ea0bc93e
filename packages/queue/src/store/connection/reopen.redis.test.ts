import { flakyProxy, type FlakyProxy, redisTest } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { createClient } from './redis-input.ts';
import { reopenWhenEnded, reopenWhenSilent } from './reopen.ts';

const SILENCE_MS = 300;

const test = redisTest.extend<{ proxy: FlakyProxy; open: (url: string) => Promise<Redis> }>({
  proxy: async ({ redis }, use) => {
    await using proxy = await flakyProxy(redis.url);
    await use(proxy);
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
  open: async ({}, use) => {
    const clients: Redis[] = [];
    await use(async (url) => {
      const client = createClient(url);
      clients.push(client);
      client.on('error', () => undefined);
      reopenWhenSilent(client, SILENCE_MS);
      await client.connect();
      await client.get('key');
      return client;
    });
    for (const client of clients) client.disconnect();
  },
});

/** Answers, on whatever connection. */
const untilAnswered = (client: Redis): Promise<void> =>
  vi.waitFor(async () => expect(await client.get('key')).toBeNull(), 10_000);

describe('a connection that owes an answer', () => {
  test.for([
    ['swallows what it is sent', true],
    ['reads no more', false],
  ] as const)('is reopened when it is open and dead, and the other end %s', async ([, reads], { proxy, open }) => {
    const client = await open(proxy.url);
    proxy.forget({ reads });
    await expect(client.incr('{key}:counter')).rejects.toThrow(); // it is for us to say what is sent again
    await untilAnswered(client);
    expect(await client.get('{key}:counter')).toBeNull();
  });

  test('is reopened as often as it takes, also where a new one is accepted and never answered', async ({
    proxy,
    open,
  }) => {
    const client = await open(proxy.url);
    const before = proxy.connections;
    proxy.stall(); // and what is opened from now on
    await expect(client.get('key')).rejects.toThrow();
    await vi.waitFor(async () => {
      await client.get('key').catch(() => undefined); // a cluster's client opens connections only where it is asked
      expect(proxy.connections).toBeGreaterThan(before + 2);
    });
    await proxy.restore();
    await untilAnswered(client);
  });

  test('is kept when the answer is there and the event loop was too busy to read it', async ({ redis, open }) => {
    const client = await open(redis.url);
    const closed = vi.fn<() => void>();
    client.on('close', closed);
    const answer = client.get('key');
    const until = performance.now() + 2 * SILENCE_MS;
    await new Promise((resolve) => setImmediate(resolve)); // now it is sent
    while (performance.now() < until);
    expect(await answer).toBeNull();
    expect(closed).not.toHaveBeenCalled();
  });
});

test('an idle connection is left alone, dead or alive', async ({ redis, proxy, open }) => {
  const [alive, dead, busy] = [await open(redis.url), await open(proxy.url), await open(proxy.url)];
  const closed = vi.fn<() => void>();
  for (const idle of [alive, dead]) idle.on('close', closed);
  for (let round = 0; round < 3; round += 1) {
    proxy.forget();
    await expect(busy.get('key')).rejects.toThrow(); // so much time has passed
    await untilAnswered(busy);
  }
  expect(closed).not.toHaveBeenCalled();
});

test('a client that gives up is opened again, until it may end', async ({ redis, open }) => {
  const client = await open(redis.url);
  const letEnd = reopenWhenEnded(client);
  client.disconnect();
  await vi.waitFor(() => expect(client.status).toBe('ready'), 10_000);
  letEnd();
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.disconnect();
  await ended;
});
