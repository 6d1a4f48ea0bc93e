import { redisTest } from '@sluice/testing/vitest';
import { describe, vi } from 'vitest';
import { RedisClock } from '../../connection/redis-clock.ts';
import { expectSameLayoutAtRandom } from './testing/compare-backends.ts';
import { expectSamePoolAtRandom } from './testing/compare-pool.ts';
import { expectSamePutsAtRandom } from './testing/compare-put.ts';

const test = redisTest.extend('client', async ({ redis }, { onCleanup }) => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  const clock = vi.spyOn(RedisClock.prototype, 'nowMs').mockImplementation(() => Date.now());
  onCleanup(() => {
    vi.useRealTimers();
    clock.mockRestore();
  });
  return redis.client({ maxRetriesPerRequest: null });
});

describe('the bounded backend compared with BullMQ’s own, longer sequences (I7)', () => {
  test('leaves the same keys after any sequence of operations', async ({ client, prefix }) => {
    await expectSameLayoutAtRandom({ client, prefix, numRuns: 400, maxLength: 80, withinMs: 200_000 });
  });

  test('leaves what BullMQ’s Queue.add leaves when Sluice’s producer puts', async ({ client, redis, prefix }) => {
    await expectSamePutsAtRandom({ url: redis.url, client }, prefix, { numRuns: 200, withinMs: 60_000 });
  });

  test('leaves what BullMQ’s scripts leave when Sluice’s pool works', async ({ client, redis, prefix }) => {
    await expectSamePoolAtRandom({ url: redis.url, client }, prefix, { numRuns: 600, withinMs: 100_000 });
  });
});
