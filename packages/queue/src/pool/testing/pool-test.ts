import { type FlakyProxy, flakyProxy, type RedisFixtures, redisTest } from '@sluice/testing/vitest';
import type { TestAPI } from 'vitest';
import { type HarnessOptions, openHarness, type PoolHarness } from './pool-harness.ts';

export interface PoolTest extends RedisFixtures {
  /** Opens a queue of scripted jobs of this test alone. */
  open: (options?: Partial<HarnessOptions>) => PoolHarness;
  /** A wire to the same Redis that the test can break. */
  proxy: FlakyProxy;
}

/** `redisTest` with a queue of scripted jobs. Pools are stopped when the test ends. */
export const poolTest: TestAPI<PoolTest> = redisTest.extend<Omit<PoolTest, keyof RedisFixtures>>({
  open: async ({ redis, prefix, queueName }, use) => {
    const harnesses: PoolHarness[] = [];
    const client = await redis.client({ maxRetriesPerRequest: null });
    await use((options) => {
      const harness = openHarness({ url: redis.url, client, prefix, queueName, ...options });
      harnesses.push(harness);
      return harness;
    });
    for (const harness of harnesses) await harness[Symbol.asyncDispose]();
  },
  proxy: async ({ redis }, use) => {
    await using proxy = await flakyProxy(redis.url);
    await use(proxy);
    await proxy.restore();
  },
}) as unknown as TestAPI<PoolTest>;
