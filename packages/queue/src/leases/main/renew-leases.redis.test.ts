import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { describe, expect, type TestAPI } from 'vitest';
import { StalledQueue, tokenOf } from '../testing/stalled-queue.ts';

const timings = { leaseMs: 10_000, renewMs: 2_000, sweepMs: 500 };

const test = redisTest.extend<{ queue: StalledQueue }>({
  queue: async ({ redis, prefix, queueName }, use) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await use(queue);
  },
}) as unknown as TestAPI<RedisFixtures & { queue: StalledQueue }>;

const renewal = (id: string, leaseMs = 5_000): { id: string; token: string; deliveries: number; leaseMs: number } => ({
  id,
  token: tokenOf('us'),
  deliveries: 1,
  leaseMs,
});

describe('a renewal', () => {
  test('gives each lease a time of its own, and leaves the heartbeat at the end of the round', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    for (const id of ['a', 'b']) await queue.take(id, { pool: 'us', locked: true });
    await queue.client.sadd(queue.key('stalled'), 'a', 'b', 'other');
    expect(await thread.renew([renewal('a', 3_000)], false)).toEqual([1]);
    expect(await queue.client.exists(queue.key('sluice:pool:us'))).toBe(0);
    expect(await thread.renew([renewal('b', 700)], true)).toEqual([1]);
    expect(await queue.client.pttl(queue.key('sluice:pool:us'))).toBeGreaterThan(8_000);
    const [a = 0, b = 0] = await Promise.all(['a', 'b'].map((id) => queue.client.pttl(queue.key(`${id}:lock`))));
    expect([a > 1_000 && a <= 3_000, b > 0 && b <= 700]).toEqual([true, true]);
    expect(await queue.client.smembers(queue.key('stalled'))).toEqual(['other']); // safe from BullMQ's check
  });

  test('takes a lease back that only ran out', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    await queue.take('a', { pool: 'us' });
    expect(await thread.renew([renewal('a', 3_000)], true)).toEqual([2]);
    expect(await queue.client.get(queue.key('a:lock'))).toBe(tokenOf('us'));
    expect(await queue.client.pttl(queue.key('a:lock'))).toBeLessThanOrEqual(3_000);
  });

  test('never takes a lock from another delivery, nor revives one', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    await queue.take('others', { pool: 'them', locked: true });
    await queue.take('put-again', { pool: 'them' }); // its deliveries are counted from 1 again
    await queue.take('again', { pool: 'us', deliveries: 2 });
    await queue.take('foreign', { pool: 'us', ats: 2 });
    await queue.take('given-back', { pool: 'us' });
    await queue.client.lmove(queue.key('active'), queue.key('wait'), 'LEFT', 'RIGHT');
    await queue.take('settled', { pool: 'us', fields: { finishedOn: 1 } });
    await queue.client.lrem(queue.key('active'), 1, 'settled');
    const ids = ['others', 'put-again', 'again', 'foreign', 'given-back', 'settled', 'removed'];
    const answers = await thread.renew(
      ids.map((id) => renewal(id)),
      true,
    );
    expect(answers).toEqual(ids.map(() => 0));
    expect(await queue.client.get(queue.key('others:lock'))).toBe(tokenOf('them'));
    expect(await queue.client.exists(...ids.slice(1).map((id) => queue.key(`${id}:lock`)))).toBe(0);
  });

  test('goes by its text when Redis has forgotten the script', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    await queue.take('a', { pool: 'us', locked: true });
    await thread.renew([renewal('a')], true);
    await queue.client.script('FLUSH');
    expect(await thread.renew([renewal('a')], true)).toEqual([1]);
  });

  test('takes a thousand leases in one run', async ({ queue }) => {
    const thread = await queue.leaseThread('us');
    const ids = Array.from({ length: 1_000 }, (_, n) => `job${n}`);
    for (const id of ids) await queue.take(id, { pool: 'us' });
    const renewals = ids.map((id) => renewal(id));
    expect(await thread.renew(renewals, true)).toEqual(ids.map(() => 2));
    expect(await thread.renew(renewals, true)).toEqual(ids.map(() => 1));
  });
});
