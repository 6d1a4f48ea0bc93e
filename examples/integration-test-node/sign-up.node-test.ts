import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { connectProducer } from '@sluice/queue';
import { startTestRedis, testQueue } from '@sluice/testing';
import { emailHandlers, emails, sendEmail } from '../integration-test/emails.ts';
import { signUp } from '../integration-test/sign-up.ts';

const redis = await startTestRedis();
afterEach(() => redis.reset()); // empties it, and fails a test that leaves something open
after(() => redis.close());

test('a new customer is welcomed now, and reminded a day later', async () => {
  await using queue = await testQueue(emails, emailHandlers, { redis });
  await using producer = await connectProducer(emails, { redis: redis.url });

  await signUp(producer, 'ann@example.com');

  await queue.expectPut(sendEmail, { to: 'ann@example.com', template: 'welcome' });
  const { id } = await queue.expectPut(sendEmail, { template: 'reminder' });
  await queue.drain(); // moves the queue's clock: nobody waits a day
  const ended = await queue.outcome(id);
  assert.equal(ended.outcome, 'completed');
});
