import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { describe } from 'vitest';
import { expectSound } from '../testing/fuzz/expect-sound.ts';

const random = Math.floor(Math.random() * 2 ** 31);

describe('20,000 requests made from the OpenAPI document', () => {
  test.for([
    ['a fixed seed', 1],
    ['a new seed', random],
  ] as const)('get answers that it describes, and no job is lost: %s', async ([, seed], { redis }) => {
    console.log(`seed ${seed}`);
    await expectSound(redis.url, { seed, requests: 20_000 });
  });
});
