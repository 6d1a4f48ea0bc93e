import { createRedisBackend } from 'bullmq';
import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { describe, expect, type TestAPI } from 'vitest';
import { StalledQueue } from '../testing/stalled-queue.ts';

// Every 500 ms; late after 6 s; a lease of 10 s; a foreign worker's jobs after a minute.
const timings = { leaseMs: 10_000, renewMs: 2_000, sweepMs: 500 };

const test = redisTest.extend<{ queue: StalledQueue }>({
  queue: async ({ redis, prefix, queueName }, use) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await use(queue);
  },
}) as unknown as TestAPI<RedisFixtures & { queue: StalledQueue }>;

describe('a sweep', () => {
  test('gives back the job of a pool that is gone, at the head of the line, and counts the crash', async ({
    queue,
  }) => {
    const thread = await queue.leaseThread();
    await queue.take('a', { fields: { priority: 3, stc: 1 } });
    await queue.take('held', { pool: 'living', locked: true });
    await queue.client.lpush(queue.key('wait'), 'next', 'last');
    await queue.client.sadd(queue.key('stalled'), 'a', 'held');
    await queue.sweptBefore(1_000);
    expect(await thread.sweep(false)).toEqual({ ids: ['a'], more: false });
    expect(await queue.lists()).toEqual({ wait: ['last', 'next', 'a'], active: ['held'] });
    expect(await queue.client.hmget(queue.key('a'), 'stc', 'defa')).toEqual(['2', null]);
    expect(await queue.client.smembers(queue.key('stalled'))).toEqual(['held']);
    expect(await queue.client.zrange(queue.key('marker'), 0, '-1')).toEqual(['0']);
  });

  test('writes what the stalled check of BullMQ writes', async ({ queue, redis, prefix, queueName }) => {
    const thread = await queue.leaseThread();
    await queue.take('a', { fields: { stc: 3 } });
    await queue.sweptBefore(1_000);
    await thread.sweep(false);
    const theirs = { name: `{${queueName}-theirs}`, client: await redis.client({ maxRetriesPerRequest: null }) };
    const backend = createRedisBackend(theirs.name, {
      connection: theirs.client,
      prefix,
      maxStalledCount: 3,
      stalledInterval: 1,
      skipVersionCheck: true,
    } as never);
    const key = (type: string): string => `${prefix}:${theirs.name}:${type}`;
    await theirs.client.hset(key('a'), await queue.client.hgetall(queue.key('a')));
    await theirs.client.hdel(key('a'), 'defa');
    await theirs.client.hset(key('a'), 'stc', 3);
    await theirs.client.lpush(key('active'), 'a');
    await theirs.client.sadd(key('stalled'), 'a');
    await backend.moveStalledJobsToWait();
    for (const hash of ['a', 'meta'])
      expect(await queue.client.hgetall(queue.key(hash))).toEqual(await theirs.client.hgetall(key(hash)));
    const fields = (await theirs.client.xrange(key('events'), '-', '+')).map(([, event]) => event);
    expect(await queue.events()).toEqual(fields);
    expect(await queue.client.zrange(queue.key('marker'), 0, '-1', 'WITHSCORES')).toEqual(
      await theirs.client.zrange(key('marker'), 0, '-1', 'WITHSCORES'),
    );
    await backend.close();
  });

  test('fails a job that crashed its fourth pool, but never that of a job scheduler', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('crashes', { fields: { stc: 3 } });
    await queue.take('scheduled', { pool: 'gone-too', fields: { stc: 3, rjk: 'often' } });
    await queue.client.hset(queue.key('repeat:often'), 'ic', 1);
    await queue.sweptBefore(1_000);
    await thread.sweep(false);
    expect(await queue.client.hget(queue.key('crashes'), 'defa')).toBe('job stalled more than allowable limit');
    expect(await queue.client.hget(queue.key('scheduled'), 'defa')).toBeNull();
  });

  test('does little while nothing runs, but keeps crash suspects that wait, and forgets candidates', async ({
    queue,
  }) => {
    const thread = await queue.leaseThread();
    const [suspects, candidates] = [queue.key('sluice:crash-suspects'), queue.key('sluice:stalled-candidates')];
    await queue.client.hset(queue.key('meta'), 'opts.maxLenEvents', 100);
    await queue.client.zadd(suspects, 1, 'waits');
    await queue.client.hset(candidates, 'has-ended', '1 1 0');
    for (const isThere of [1, 0, 0]) {
      await queue.client.pexpire(suspects, 60_000);
      await queue.sweptBefore(1_000);
      expect(await queue.client.exists(candidates)).toBe(isThere);
      expect(await thread.sweep(false)).toEqual({ ids: [], more: false });
      expect(await queue.client.pttl(suspects)).toBeGreaterThan(3_000_000);
    }
    const stats = async (): Promise<number> => {
      const info = await queue.client.info('commandstats');
      const calls = [...info.matchAll(/^cmdstat_(?:lrange|hgetall|hmget|scard):calls=(\d+)/gm)];
      return calls.reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await queue.sweptBefore(1_000);
    const before = await stats();
    await thread.sweep(false);
    expect(await stats()).toBe(before);
  });

  test('wakes no worker while the queue is paused', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('a');
    await queue.client.hset(queue.key('meta'), 'paused', 1);
    await queue.sweptBefore(1_000);
    expect((await thread.sweep(false)).ids).toEqual(['a']);
    expect(await queue.client.exists(queue.key('marker'))).toBe(0);
  });

  test('takes no job from a pool that lives, until that has renewed all it knows of since', async ({ queue }) => {
    const [sweeper, living] = [await queue.leaseThread(), await queue.leaseThread('living')];
    await queue.take('forgotten', { pool: 'living' });
    await living.renew([], true);
    for (const agoMs of [1_000, 1_000, 1_000]) {
      await queue.sweptBefore(agoMs);
      expect((await sweeper.sweep(false)).ids).toEqual([]);
    }
    await living.renew([], true);
    await queue.sweptBefore(1_000);
    expect((await sweeper.sweep(false)).ids).toEqual(['forgotten']);
    expect(await queue.client.hget(queue.key('forgotten'), 'stc')).toBeNull(); // nobody crashed
  });

  test('forgets its suspicion of a job that was taken again, or whose lock is back', async ({ queue }) => {
    const [sweeper, living] = [await queue.leaseThread(), await queue.leaseThread('living')];
    await queue.take('again', { pool: 'living' });
    await queue.take('back', { pool: 'living' });
    await living.renew([], true);
    await queue.sweptBefore(1_000);
    await sweeper.sweep(false);
    expect(Object.keys(await queue.client.hgetall(queue.key('sluice:stalled-candidates')))).toHaveLength(2);
    await living.renew([], true);
    await queue.client.hset(queue.key('again'), { ats: 2, 'sluice.by': '2:living:1700000000000009' });
    await queue.client.set(queue.key('back:lock'), 'x', 'PX', 60_000);
    await queue.sweptBefore(1_000);
    expect((await sweeper.sweep(false)).ids).toEqual([]);
    expect(Object.keys(await queue.client.hgetall(queue.key('sluice:stalled-candidates')))).toEqual(['again']);
  });

  test.for([
    ['has no pool’s word', { by: null }],
    ['was last taken by a foreign worker', { deliveries: 1, ats: 2 }],
  ] as const)('leaves a job alone that %s, for six leases', async ([, job], { queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('a', job);
    await queue.sweptBefore(1_000);
    expect((await thread.sweep(false)).ids).toEqual([]);
    const suspect = (await queue.client.hget(queue.key('sluice:stalled-candidates'), 'a')) ?? '';
    const [number = '', since = ''] = suspect.split(' ');
    for (const [agoMs, ids] of [
      [59_000, []],
      [60_100, ['a']],
    ] as const) {
      await queue.client.hset(queue.key('sluice:stalled-candidates'), 'a', `${number} ${Number(since) - agoMs} 0`);
      await queue.sweptBefore(1_000);
      expect((await thread.sweep(false)).ids).toEqual(ids);
    }
    expect(await queue.client.hget(queue.key('a'), 'stc')).toBe('1');
  });

  test('that is the first one, or comes late, recovers nothing for one lease', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('a');
    for (const agoMs of [null, 6_100, -60_000]) {
      if (agoMs === null) await queue.client.del(queue.key('sluice:sweep'));
      else await queue.sweptBefore(agoMs);
      expect((await thread.sweep(false)).ids).toEqual([]);
      const [last = 0, quietUntil = 0] = ((await queue.client.get(queue.key('sluice:sweep'))) ?? '')
        .split(' ')
        .map(Number);
      expect(quietUntil - last).toBe(10_000);
      await queue.client.set(queue.key('sluice:sweep'), `${last - 1_000} ${quietUntil - 9_000} 0`);
      expect((await thread.sweep(false)).ids).toEqual([]); // in time, but still quiet
    }
    const [last = 0] = ((await queue.client.get(queue.key('sluice:sweep'))) ?? '').split(' ').map(Number);
    await queue.client.set(queue.key('sluice:sweep'), `${last - 1_000} ${last - 1} 0`);
    expect((await thread.sweep(false)).ids).toEqual(['a']);
  });

  test('does nothing when another pool has swept in this period', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('a');
    await queue.sweptBefore(100);
    expect((await thread.sweep(false)).ids).toEqual([]);
    await queue.sweptBefore(500);
    expect((await thread.sweep(false)).ids).toEqual(['a']);
  });

  test('gives back a thousand jobs in several runs, the oldest first', async ({ queue }) => {
    const thread = await queue.leaseThread();
    const ids = Array.from({ length: 1_200 }, (_, n) => `job${n}`);
    for (const id of ids) await queue.take(id);
    await queue.sweptBefore(1_000);
    const found: string[] = [];
    for (let more = true, runs = 0; more; runs += 1) {
      const sweep = await thread.sweep(runs > 0);
      expect(sweep.ids.length).toBeLessThanOrEqual(500);
      found.push(...sweep.ids);
      more = sweep.more;
    }
    expect(found).toEqual(ids);
    expect((await queue.lists()).active).toEqual([]);
  });

  test('looks at a part of a very long active list, and at the next part next time', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('oldest', { locked: true });
    const locks = Array.from({ length: 5_500 }, (_, n) => `busy${n}`);
    await queue.client.lpush(queue.key('active'), ...locks);
    await queue.client.mset(...locks.flatMap((id) => [queue.key(`${id}:lock`), 'x']));
    await queue.take('newest');
    await queue.client.hset(
      queue.key('sluice:stalled-candidates'),
      'oldest',
      `1 ${Date.now()} 5`,
      'unseen',
      `1 ${Date.now()} 5`,
    );
    await queue.sweptBefore(1_000);
    expect((await thread.sweep(false)).ids).toEqual([]);
    expect(Object.keys(await queue.client.hgetall(queue.key('sluice:stalled-candidates')))).toEqual(['unseen']);
    const [last, , cursor] = ((await queue.client.get(queue.key('sluice:sweep'))) ?? '').split(' ');
    await queue.client.set(queue.key('sluice:sweep'), `${Number(last) - 1_000} 0 ${cursor}`);
    expect((await thread.sweep(false)).ids).toEqual(['newest']);
  });

  test('leaves nothing in a queue that was obliterated, and no pool does', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    await queue.client.set(queue.key('sluice:sweep'), '1 1 0');
    expect(await thread.renew([], true)).toEqual([]);
    expect((await thread.sweep(false)).ids).toEqual([]);
    expect(await queue.client.keys(queue.key('*').replace(/[{}]/g, '?'))).toEqual([]);
  });

  test('changes nothing when one of the keys is of another kind', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await queue.take('a');
    await queue.client.set(queue.key('marker'), 'no sorted set');
    await queue.sweptBefore(1_000);
    await expect(thread.sweep(false)).rejects.toThrow('WRONGTYPE');
    expect(await queue.lists()).toEqual({ wait: [], active: ['a'] });
  });
});
