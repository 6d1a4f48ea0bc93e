import { greet, greetings } from '@sluice-app/shared';
import { runJob, testQueue } from '@sluice/testing';
import { redisTest } from '@sluice/testing/vitest';
import { expect, test } from 'vitest';
import app from '../app.ts';
import { greetHandler } from './greet.ts';

test('greets by name', async () => {
  const run = await runJob(greetHandler, { name: 'Ada' });
  expect(run).toMatchObject({ outcome: 'completed', result: { text: 'Hello, Ada!' } });
});

redisTest('a job that was put is run, on a real Redis', async ({ redis }) => {
  await using queue = await testQueue(greetings, app, { redis });
  const receipt = await queue.put(greet, { name: 'Grace' });
  await queue.drain();
  expect(await queue.outcome(receipt)).toMatchObject({ outcome: 'completed', result: { text: 'Hello, Grace!' } });
});
