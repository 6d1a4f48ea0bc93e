import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { describe } from 'vitest';
import { expectSound } from '../testing/fuzz/expect-sound.ts';

describe('requests made from the OpenAPI document', () => {
  test('get answers that it describes, whatever they are, and no job is lost', async ({ redis }) => {
    await expectSound(redis.url, { seed: 20_261_128, requests: 1_000 });
  });
});
