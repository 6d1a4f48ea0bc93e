import { isolatedRedisTest } from '@sluice/testing';
import { describe } from 'vitest';
import { expectCalmAfter } from './testing/expect-calm-after.ts';

describe('after longer storms', () => {
  for (const seed of [2, 3, 4, 5, 6]) {
    isolatedRedisTest(`of seed ${seed}, all is as it should be`, async ({ redis, server, queueName }) => {
      await expectCalmAfter({ redis, server, queueName, producers: 18, putsEach: 60, seed });
    });
  }
});
