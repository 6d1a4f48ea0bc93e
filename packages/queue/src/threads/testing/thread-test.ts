import { type RedisFixtures, redisTest } from '@sluice/testing/vitest';
import type { TestAPI } from 'vitest';
import { openThreadHarness, type ThreadHarness } from './thread-harness.ts';

/** `redisTest` with a queue of jobs that run in threads. Pools are stopped when the test ends. */
export const threadTest: TestAPI<RedisFixtures & { jobs: ThreadHarness }> = redisTest.extend<{ jobs: ThreadHarness }>({
  jobs: async ({ redis, prefix, queueName }, use) => {
    const client = await redis.client({ maxRetriesPerRequest: null });
    await using harness = openThreadHarness({ url: redis.url, client, prefix, queueName });
    await use(harness);
  },
}) as unknown as TestAPI<RedisFixtures & { jobs: ThreadHarness }>;
