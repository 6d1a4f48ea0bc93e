import { expect, it } from 'vitest';
import { redisContenderNames as putters } from '../put/contenders/known-contenders.ts';
import { BenchRedis } from '../redis-meter.ts';
import { redisContenderNames as takers } from '../take/contenders/known-contenders.ts';
import { openPlace } from './contender-place.ts';

it('a contender is in Redis, unless it is bunqueue, and that has to be installed', async () => {
  await using redis = await BenchRedis.start({ onProgress: () => {} });
  await using place = await openPlace(redis, undefined, undefined);
  expect(place.address).toBe(redis.socketPath);
  expect(await place.cpuUs()).toBeGreaterThan(0);
  await expect(openPlace(redis, 'memory', undefined)).rejects.toThrow('bunqueue was not installed');
});

it('without bunqueue, nothing that is measured needs Bun', () => {
  for (const names of [putters, takers]) expect(names.filter((name) => name.startsWith('bunqueue'))).toEqual([]);
});
