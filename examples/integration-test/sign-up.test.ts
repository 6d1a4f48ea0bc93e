import { connectProducer } from '@sluice/queue';
import { redisTest, testQueue } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { emailHandlers, emails, sendEmail } from './emails.ts';
import { signUp } from './sign-up.ts';

redisTest('a new customer is welcomed now, and reminded a day later', async ({ redis }) => {
  await using queue = await testQueue(emails, emailHandlers, { redis });
  await using producer = await connectProducer(emails, { redis: redis.url });

  await signUp(producer, 'ann@example.com');

  await queue.expectPut(sendEmail, { to: 'ann@example.com', template: 'welcome' });
  const { id } = await queue.expectPut(sendEmail, { template: 'reminder' });
  await queue.drain(); // moves the queue's clock: nobody waits a day
  expect(await queue.outcome(id)).toMatchObject({ result: { messageId: 'reminder for ann@example.com' } });
});
