import { flakyProxy, redisTest } from '@sluice/testing/vitest';
import { ReplyError } from 'ioredis';
import { afterEach, describe, expect, vi } from 'vitest';
import { RedisConnection } from './redis-connection.ts';
import { RedisTimeoutError } from './redis-timeout.ts';

afterEach(() => void vi.restoreAllMocks());

describe('a command that is sent again until it is answered', () => {
  redisTest('is sent again no longer than Redis knows it', async ({ redis }) => {
    await using proxy = await flakyProxy(redis.url);
    await using link = new RedisConnection(proxy.url, { unavailableMs: 60_000 });
    await link.connect();
    const dropped = proxy.dropNextReply('incr');
    const lost = expect(
      link.retryUntilAnswered((client) => client.incr('counter'), { windowMs: 100 }),
    ).rejects.toMatchObject({
      sent: true,
    });
    await dropped;
    await proxy.cut();
    await lost;
    await proxy.restore();
    const direct = await redis.client();
    expect(await direct.get('counter')).toBe('1');
  });

  redisTest('has the same time when the wall clock jumps', async ({ redis }) => {
    await using link = new RedisConnection(redis.url, { unavailableMs: 2_000 });
    await link.connect();
    const now = Date.now.bind(Date);
    let hours = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + (hours += 1) * 3_600_000);
    expect(await link.retryUntilAnswered((client) => client.ping())).toBe('PONG');
    expect(await link.call((client) => client.ping())).toBe('PONG');
  });

  redisTest('is sent again when Redis has forgotten its script', async ({ redis }) => {
    await using link = new RedisConnection(redis.url);
    await link.connect();
    let asked = 0;
    const answer = await link.retryUntilAnswered(async (client) => {
      asked += 1;
      // As ioredis leaves it to us when two runs on one connection meet two SCRIPT FLUSH.
      if (asked === 1) throw new ReplyError('NOSCRIPT No matching script. Please use EVAL.');
      return client.ping();
    });
    expect([answer, asked]).toEqual(['PONG', 2]);
  });

  redisTest('rejects at once with what Redis said', async ({ redis }) => {
    await using link = new RedisConnection(redis.url);
    await link.connect();
    const asked = link.retryUntilAnswered((client) => client.call('NONSENSE'));
    await expect(asked).rejects.toThrow('unknown command');
    await expect(asked).rejects.not.toBeInstanceOf(RedisTimeoutError);
  });
});
