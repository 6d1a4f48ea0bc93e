import { redisTest } from '@sluice/testing/vitest';
import type { Redis } from 'ioredis';
import { describe, expect, vi } from 'vitest';
import { RedisConnection } from '../connection/redis-connection.ts';
import { JobWaiter } from './job-waiter.ts';

interface Waiter {
  waiter: JobWaiter;
  /** Of the connection that waits. */
  link: RedisConnection;
  client: Redis;
  marker: string;
  counter: string;
  count: (client: Redis) => Promise<number>;
}

const test = redisTest.extend<{ waiter: Waiter }>({
  waiter: async ({ redis, prefix }, use) => {
    const client = await redis.client();
    const [marker, counter] = [`${prefix}:{q}:marker`, `${prefix}:{q}:counter`];
    await using commands = new RedisConnection(redis.url);
    await commands.connect();
    const link = new RedisConnection(redis.url);
    const waiter = new JobWaiter({ link, commands, marker: () => marker });
    await waiter.connect();
    await use({ waiter, link, client, marker, counter, count: (own) => own.incr(counter) });
    await waiter.close();
  },
});

const BLOCKED = /flags=\w*b/;

async function untilBlocked(client: Redis): Promise<void> {
  await vi.waitFor(async () => expect(await client.client('LIST')).toMatch(BLOCKED));
}

describe('a wait for a job', () => {
  test('says when to look', async ({ waiter: { waiter, client, marker } }) => {
    const waited = waiter.forJob(5_000);
    await client.zadd(marker, 1_234, '1');
    expect(await waited).toBe(1_234);
    expect(await waiter.forJob(20)).toBe(0);
    expect(await waiter.close()).toBe(false);
  });

  test('wakes the worker that has waited longest when a delayed job is due', async ({ waiter: opened, redis }) => {
    const { waiter, link, client, marker } = opened;
    const other = await redis.client();
    await other.zcard(marker); // its connection to the key's node is open
    const longest = other.bzpopmin(marker, 0);
    // Redis has read it when it answers what another connection sent after it. CLIENT LIST would show waits of other tests, too.
    for (let sent = 0; sent < 3; sent += 1) await client.zcard(marker);
    // On a busy machine Redis may end the wait before the timer here has rung: then nobody leaves a marker.
    const forEver = (): Promise<never> => link.client.call('BZPOPMIN', marker, 0) as Promise<never>;
    using _ = vi.spyOn(link.client, 'bzpopmin').mockImplementation(forEver);
    const waited = waiter.forJob(50);
    expect(await longest).toEqual([marker, '0', '0']); // nobody else has left one
    await client.zadd(marker, 0, '0');
    expect(await waited).toBe(0);
  });

  test('says that a wake-up may be lost when it was cut off', async ({ waiter: { waiter, client } }) => {
    const waited = waiter.forJob(5_000).catch(() => 'cut off');
    await untilBlocked(client);
    expect(await waiter.close()).toBe(true);
    expect(await waited).toBe('cut off');
  });
});

describe('a command behind the wait', () => {
  test.beforeEach(({ redis, skip }) => skip(redis.isCluster, 'a cluster’s client does not say which connection waits'));

  test('runs when there is a job, and not before', async ({ waiter: { waiter, client, marker, counter, count } }) => {
    expect(waiter.canRunBehind).toBe(true);
    const ran = waiter.thenRun(5_000, count);
    await untilBlocked(client);
    expect(await client.get(counter)).toBeNull();
    await client.zadd(marker, 0, '0');
    expect(await ran).toEqual({ answer: 1, fault: null });
    expect(await client.exists(marker)).toBe(0);
  });

  test('runs when the time is over', async ({ waiter: { waiter, count } }) => {
    const since = performance.now();
    expect(await waiter.thenRun(100, count)).toEqual({ answer: 1, fault: null });
    expect(performance.now() - since).toBeGreaterThan(90);
  });

  test('answers a wait that is ended, too', async ({ waiter: { waiter, client, marker, count } }) => {
    const ran = waiter.thenRun(5_000, count);
    await untilBlocked(client);
    expect(await waiter.close()).toBe(false);
    expect(await ran).toEqual({ answer: 1, fault: null });
    await vi.waitFor(async () => expect(await client.client('LIST')).not.toMatch(BLOCKED));
    await client.zadd(marker, 0, '0');
    expect(await client.exists(marker)).toBe(1); // nobody waits any more
  });

  test('answers when there was no wait, and says so', async ({ waiter: { waiter, client, marker, count } }) => {
    await client.set(marker, 'overwritten');
    const { answer, fault } = await waiter.thenRun(5_000, count);
    expect([answer, fault?.message]).toEqual([1, expect.stringMatching(/^WRONGTYPE/)]);
  });

  test('rejects when the connection breaks, and the next one waits again', async ({ waiter: opened }) => {
    const { waiter, link, client, marker, count } = opened;
    const id = String(await link.client.call('CLIENT', 'ID'));
    const ran = waiter.thenRun(5_000, count).then(String, (error: Error) => error.message);
    await client.call('CLIENT', 'KILL', 'ID', id);
    expect(await ran).toEqual(expect.any(String));
    await client.zadd(marker, 0, '0');
    await vi.waitFor(async () => expect(await waiter.thenRun(1_000, count)).toMatchObject({ fault: null }));
  });
});
