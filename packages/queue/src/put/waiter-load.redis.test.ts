import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe } from 'vitest';
import { expectCleanAfter } from './testing/expect-clean-after.ts';

describe('after a load of producers that wait, give up, lose their connection and die', () => {
  isolatedRedisTest(
    'the bound held, nothing was lost or doubled, and no key of the waiter queue is left',
    async ({ redis, server, queueName }) => {
      await expectCleanAfter({ redis, server, queueName, producers: 9, putsEach: 25, seed: 1 });
    },
  );
});
