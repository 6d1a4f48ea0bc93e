import { connectAllQueues } from '@sluice/queue';
import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { startBusyScene } from './kit/busy-scene.ts';
import { emailQueue, startConsole } from './kit/console-fixture.ts';
import { lookAt } from './kit/look-at.ts';

/** The pages, and what shows that each is there. */
const pages: readonly (readonly [name: string, path: string, isThere: (page: Page) => Promise<unknown>])[] = [
  ['overview', '', (page) => page.getByText('producers wait').first().waitFor()],
  ['jobs', 'queues/emails/jobs', (page) => page.getByText('order-5', { exact: true }).waitFor()],
  ['dead', 'queues/emails/dead', (page) => page.getByText('no such mailbox').first().waitFor()],
  ['waiters', 'queues/invoices/waiters', (page) => page.getByRole('list', { name: /^Waiters/ }).waitFor()],
  ['workers', 'queues/emails/workers', (page) => page.getByText('mailer-1').waitFor()],
  ['schedules', 'queues/emails/schedules', (page) => page.getByText('no schedule').waitFor()],
  ['history', 'queues/emails/history', (page) => page.getByText('Depth against capacity').waitFor()],
  ['settings', 'queues/emails/settings', (page) => page.getByText('the whole queue').waitFor()],
  ['running-job', 'queues/emails/jobs/order-0', (page) => page.getByText('runs on mailer-1').waitFor()],
  ['flow', 'queues/emails/jobs/bundle-4', (page) => page.getByText('3 children:').waitFor()],
];

describe('in both themes, and on a phone, nothing is cut off and axe finds nothing', () => {
  test('on all pages of a busy service', { timeout: 300_000 }, async ({ redis, prefix, open }) => {
    await using scene = await startBusyScene(redis.url, prefix);
    for (const [name, path, isThere] of pages) await lookAt(open, { url: `${scene.url}#/${path}`, name, isThere });
  });

  test('in the dialogs', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const url = `${console.url}#/queues/emails/settings`;
    const click = (name: string) => async (page: Page) => {
      await page.getByRole('button', { name, exact: true }).first().click();
      await page.getByRole('dialog').waitFor();
    };
    await lookAt(open, { url, name: 'capacity', isThere: click('Change capacity …') });
    await lookAt(open, { url, name: 'seal', isThere: click('Seal …') });
  });

  test('on the page of keys and changes', async ({ redis, prefix, open }) => {
    await using all = await connectAllQueues({ redis: redis.url, prefix });
    const { key } = await all.apiKeys.add({ client: 'me', verbs: ['read', 'operate', 'admin'] });
    await all.apiKeys.add({ client: 'shop', verbs: ['put'], queues: ['emails'], expiresAt: Date.now() + 86_400_000 });
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const headers = { authorization: `Bearer ${key}` };
    for (const path of ['seal', 'unseal'])
      await fetch(`${console.url}v1/queues/emails/${path}`, { method: 'POST', headers });
    await lookAt(open, {
      url: `${console.url}#/access`,
      name: 'access',
      isThere: async (page) => {
        await page.getByLabel('API key').fill(key);
        await page.keyboard.press('Enter');
        await page.getByText('/unseal emails').waitFor();
      },
    });
  });
});
