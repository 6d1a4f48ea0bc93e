import { equal } from 'node:assert/strict';
import { it } from 'node:test';
import { startTestServer } from '@sluice/testing';
import { countOnce } from './words.js';

void it('counts words', async () => {
  await using redis = await startTestServer();
  equal(await countOnce(redis.url), 8);
});
