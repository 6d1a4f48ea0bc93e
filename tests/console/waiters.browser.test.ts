import { hostname } from 'node:os';
import { expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

test('the waiters of a queue are listed in their order, with where they run', async ({ redis, prefix, open }) => {
  await using console = await startConsole(redis.url, [emailQueue('emails', prefix, 1)]);
  const [emails] = console.producers;
  await emails?.put(send, { to: 'ada' });
  const stop = new AbortController();
  const waiting = emails?.put(send, { to: 'bob' }, { signal: stop.signal }).catch((error: unknown) => error);
  const page = await open(`${console.url}#/queues/emails/waiters`);
  const items = page.getByRole('list', { name: 'Waiters' }).getByRole('listitem');
  await expect.poll(() => items.allTextContents()).toHaveLength(1);
  expect(await items.first().textContent()).toContain(`${hostname()}, ${process.pid} 1 put, for`);
  stop.abort();
  await waiting;
  await page.getByText('No producer waits').waitFor();
});
