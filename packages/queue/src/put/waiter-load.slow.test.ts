import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe } from 'vitest';
import { expectCleanAfter } from './testing/expect-clean-after.ts';

describe('after a longer load', () => {
  for (const seed of [2, 3, 4, 5, 6]) {
    isolatedRedisTest(`of seed ${seed}, all is as it should be`, async ({ redis, server, queueName }) => {
      await expectCleanAfter({ redis, server, queueName, producers: 18, putsEach: 60, seed });
    });
  }
});
