import { redisTest } from '@sluice/testing/vitest';
import { stressLifecycle } from '@sluice/testing/lifecycle';
import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import { RedisConnection } from './redis-connection.ts';
import { type StreamEntry, type StreamFollower, StreamReader } from './stream-reader.ts';

interface Kit {
  client: Redis;
  reader: StreamReader;
  /** How often it was woken. */
  wakeUps: () => number;
  opened: () => number;
  follower(key: string): StreamFollower & { seen: StreamEntry[]; troubles: unknown[] };
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, prefix }, use) => {
    const client = await redis.client();
    let [wakeUps, opened] = [0, 0];
    const home = `{${prefix}}:home`;
    const openConnection = (): RedisConnection => {
      opened += 1;
      return new RedisConnection(redis.url, { unavailableMs: 500 });
    };
    const wake = () => client.xadd(home, 'MAXLEN', 1, '*', 'look', 'again');
    const reader = new StreamReader(openConnection, { key: home, onWakeUp: () => (wakeUps += 1), wake });
    await reader.start();
    await use({
      client,
      reader,
      wakeUps: () => wakeUps,
      opened: () => opened,
      follower: (key) => {
        const follower = {
          key: `{${prefix}}:${key}`,
          position: '0-0',
          seen: [] as StreamEntry[],
          troubles: [] as unknown[],
          onTurn: async (entries: readonly StreamEntry[]) => {
            follower.seen.push(...entries);
          },
          onTrouble: (error: unknown) => void follower.troubles.push(error),
        };
        return follower;
      },
    });
    await reader.stop();
  },
});

test('reads what was there and what comes, in order', async ({ kit: { reader, client, follower } }) => {
  const events = follower('events');
  await client.xadd(events.key, '*', 'n', '1');
  reader.follow(events);
  await expect.poll(() => events.seen).toEqual([['n', '1']]);
  await client.xadd(events.key, '*', 'n', '2');
  await expect
    .poll(() => events.seen)
    .toEqual([
      ['n', '1'],
      ['n', '2'],
    ]);
});

test('serves who joins while a read blocks at once, over the same connection', async ({ kit, redis, skip }) => {
  skip(redis.isCluster, 'asks one server what its clients do');
  const { reader, client, follower, opened } = kit;
  const [first, second] = [follower('first'), follower('second')];
  reader.follow(first);
  await expect.poll(async () => await client.client('LIST')).toContain('cmd=xread');
  await client.xadd(second.key, '*', 'n', '1');
  const joinedAt = performance.now();
  reader.follow(second);
  await expect.poll(() => second.seen, { interval: 5 }).toEqual([['n', '1']]);
  expect(performance.now() - joinedAt).toBeLessThan(700); // a read blocks for 1,000 ms
  expect(opened()).toBe(1);
});

test('serves no follower that has left', async ({ kit: { reader, client, follower }, redis, skip }) => {
  skip(redis.isCluster, 'asks one server what its clients do');
  const [gone, stays] = [follower('gone'), follower('stays')];
  reader.follow(gone);
  reader.follow(stays);
  await expect.poll(async () => await client.client('LIST')).toContain('cmd=xread');
  reader.leave(gone);
  await client.multi().xadd(gone.key, '*', 'n', '1').xadd(stays.key, '*', 'n', '1').exec();
  await expect.poll(() => stays.seen).toHaveLength(1);
  expect(gone.seen).toEqual([]);
});

test('receives wake-ups while a put waits', async ({ kit: { reader, client, wakeUps }, prefix }) => {
  reader.listen(true);
  await client.xadd(`{${prefix}}:home`, 'MAXLEN', 1, '*', 'look', 'again');
  await expect.poll(wakeUps).toBe(1);
});

test('reports trouble, and serves the followers that stay as soon as it can', async ({ kit, redis, prefix }) => {
  const { client, follower } = kit;
  const events = follower('events');
  let address = 'redis://127.0.0.1:1';
  const reader = new StreamReader(() => new RedisConnection(address, { unavailableMs: 100 }), {
    key: `{${prefix}}:elsewhere`,
    onWakeUp: () => undefined,
    wake: () => Promise.resolve(),
  });
  await reader.start();
  reader.follow(events);
  await expect.poll(() => events.troubles.length).toBeGreaterThan(0);
  address = redis.url;
  await client.xadd(events.key, '*', 'n', '1');
  await expect.poll(() => events.seen).toEqual([['n', '1']]);
  await reader.stop();
});

test('can be started and stopped in any order, and leaves no connection', async ({ kit, redis, prefix }) => {
  const open = new Set<RedisConnection>();
  const openConnection = (): RedisConnection => {
    const connection = new RedisConnection(redis.url, { unavailableMs: 500 });
    open.add(connection);
    connection.client.once('end', () => open.delete(connection));
    return connection;
  };
  const wakeUps = { key: `{${prefix}}:stress`, onWakeUp: () => undefined, wake: () => Promise.resolve() };
  const make = (): StreamReader => {
    const reader = new StreamReader(openConnection, wakeUps);
    reader.follow(kit.follower('events'));
    return reader;
  };
  await stressLifecycle(make, { check: () => expect.poll(() => open.size).toBe(0) });
});
