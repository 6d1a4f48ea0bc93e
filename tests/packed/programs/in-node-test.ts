import { equal } from 'node:assert/strict';
import { it } from 'node:test';
import { startTestServer, testQueue } from '@sluice/testing';
import { countOnce, countWords, handlers, words } from './words.js';

void it('counts words', async () => {
  await using redis = await startTestServer();
  equal(await countOnce(redis.url), 8);
});

void it('counts delayed words when the clock of the queue is moved', async () => {
  await using redis = await startTestServer();
  await using queue = await testQueue(words, handlers, { redis: redis.url });
  await queue.put(countWords, { text: 'not yet', times: '1' }, { delayMs: 3_600_000 });
  equal((await queue.drain()).completed, 1);
});
