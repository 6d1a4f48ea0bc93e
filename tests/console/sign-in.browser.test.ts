import { type ApiKeyVerb, connectAllQueues } from '@sluice/queue';
import { expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';
import { lookAt } from './kit/look-at.ts';

test('a page signs in with an API key, sees only its queues, and does only what it may', async ({
  redis,
  prefix,
  open,
}) => {
  await using all = await connectAllQueues({ redis: redis.url, prefix });
  const add = async (client: string, verbs: ApiKeyVerb[], queues?: string[]): Promise<string> =>
    (await all.apiKeys.add({ client, verbs, ...(queues && { queues }) })).key;
  const reader = await add('reader', ['read'], ['emails']);
  const chief = await add('chief', ['read', 'operate', 'admin']);
  const queues = [emailQueue('emails', prefix), emailQueue('faxes', prefix)];
  await using console = await startConsole(redis.url, queues, { operator: false });
  await console.producers[0]?.put(send, { to: 'ada' }, { id: 'order-17' });
  expect((await fetch(`${console.url}v1/console/events`)).status).toBe(401);

  const page = await open(`${console.url}#/queues/emails`);
  await page.getByLabel('API key').fill('sluice_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('API key').fill(reader);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'order-17' }).waitFor();
  expect(await page.evaluate('document.cookie')).toBe('');
  const cancel = page.getByRole('button', { name: 'Cancel …' });
  await expect.poll(() => cancel.getAttribute('aria-disabled')).toBe('true');
  await page.getByRole('link', { name: 'Queues' }).first().click();
  await expect.poll(() => page.locator('a.name').allTextContents()).toEqual(['emails']);
  const status = await page.evaluate<number>(`fetch('v1/console/events?queue=faxes').then(({ status }) => status)`);
  expect(status).toBe(403);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').fill(chief);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('a.name').allTextContents()).toEqual(['emails', 'faxes']);
  await page.getByRole('link', { name: 'emails' }).click();
  await page.getByRole('button', { name: 'Cancel …' }).click();
  await page.getByLabel(/Type emails/).fill('emails');
  await page.getByRole('button', { name: 'Cancel 1 job' }).click();
  await page.getByText('1 of 1: 1 removed.').waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'Keys and audit' }).click();
  await page.getByText('POST /v1/queues/:queue/jobs/cancel emails').first().waitFor();
  expect(await page.getByRole('table', { name: 'API keys' }).textContent()).not.toContain(reader.slice(-20));
});

test('the sign-in looks right in both themes and on a phone', async ({ redis, prefix, open }) => {
  await using all = await connectAllQueues({ redis: redis.url, prefix });
  await all.apiKeys.add({ client: 'me', verbs: ['read'] });
  await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
  await lookAt(open, { url: console.url, name: 'sign-in', isThere: (page) => page.getByLabel('API key').waitFor() });
});
