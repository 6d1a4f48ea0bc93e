import { redisTest as test } from '@sluice/testing/vitest';
import { createIORedisClient } from 'bullmq';
import { describe, expect } from 'vitest';
import { RedisUnsuitableError } from '../../job/errors/index.ts';
import { RedisScript } from './redis-script.ts';

describe('a script', () => {
  test('runs over a client of ours, also when Redis has forgotten it', async ({ redis, prefix }) => {
    const client = await redis.client();
    const script = new RedisScript(() => 'return { KEYS[1], ARGV[1] }');
    for (let count = 0; count < 2; count += 1) {
      await client.script('FLUSH');
      expect(await script.run(client, [prefix], ['a'])).toEqual([prefix, 'a']);
    }
  });

  test('runs over a client of BullMQ’s, also when Redis has forgotten it', async ({ redis, prefix }) => {
    const client = await redis.client();
    const script = new RedisScript(() => 'return { KEYS[1], ARGV[1] }');
    for (let count = 0; count < 2; count += 1) {
      await client.script('FLUSH');
      expect(await script.run(createIORedisClient(client), [prefix], ['a'])).toEqual([prefix, 'a']);
    }
  });

  test('takes another number of keys with each call', async ({ redis, prefix }) => {
    const client = createIORedisClient(await redis.client());
    const script = new RedisScript(() => 'return { #KEYS, #ARGV }');
    expect(await script.run(client, [`{${prefix}}:1`, `{${prefix}}:2`], ['a'])).toEqual([2, 1]);
    expect(await script.run(client, [`{${prefix}}:1`])).toEqual([1, 0]);
  });

  test('that the server does not understand is the server’s fault over both', async ({ redis, prefix }) => {
    const client = await redis.client();
    const script = new RedisScript(() => '#!lua flags=from-the-future\nreturn 1');
    for (const either of [client, createIORedisClient(client)])
      await expect(script.run(either, [prefix])).rejects.toThrow(RedisUnsuitableError);
  });
});
