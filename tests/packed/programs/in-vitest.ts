import { redisTest } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { countOnce } from './words.js';

redisTest('counts words', async ({ redis }) => {
  expect(await countOnce(redis.url)).toBe(8);
});
