import { redisTest } from '@sluice/testing/vitest';
import { describe } from 'vitest';
import { expectAsModelled } from './testing/expect-as-modelled.ts';

describe('a queue that waits, refuses and drops', () => {
  redisTest('does as its model does, whatever is put and whatever travels together', async ({ redis, queueName }) => {
    const client = await redis.client();
    await expectAsModelled({ url: redis.url, client }, queueName, { numRuns: 60, withinMs: 15_000 });
  });
});
