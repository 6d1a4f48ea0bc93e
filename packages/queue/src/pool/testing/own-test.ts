import { type FlakyProxy, flakyProxy, type RedisFixtures, redisTest } from '@sluice/testing/vitest';
import type { TestAPI } from 'vitest';
import { openOwnQueue, type OwnQueue, type OwnTimes } from './own-handler.ts';

export interface OwnTest extends RedisFixtures {
  own: (times?: OwnTimes) => OwnQueue;
  /** A wire to the same Redis that the test can break. */
  proxy: FlakyProxy;
}

/** `redisTest` with a queue whose handler the test writes. Pools are stopped when the test ends. */
export const ownTest: TestAPI<OwnTest> = redisTest.extend<Omit<OwnTest, keyof RedisFixtures>>({
  own: async ({ redis, prefix, queueName }, use) => {
    const queues: OwnQueue[] = [];
    const client = await redis.client({ maxRetriesPerRequest: null });
    await use((times) => {
      const queue = openOwnQueue({ url: redis.url, client, prefix, queueName, ...times });
      queues.push(queue);
      return queue;
    });
    for (const queue of queues) await queue[Symbol.asyncDispose]();
  },
  proxy: async ({ redis }, use) => {
    await using proxy = await flakyProxy(redis.url);
    await use(proxy);
    await proxy.restore();
  },
}) as unknown as TestAPI<OwnTest>;
