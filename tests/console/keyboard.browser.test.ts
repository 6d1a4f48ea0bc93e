import { connectAllQueues } from '@sluice/queue';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = (): Promise<string> =>
    page.evaluate<string>(`(() => {
      const at = document.activeElement;
      const label = at?.labels?.[0]?.textContent ?? at?.getAttribute('aria-label') ?? at?.textContent ?? '';
      return label.trim();
    })()`);
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await focused()) === name) return;
  }
  throw new Error(`no Tab leads to ${name}`);
}

async function press(page: Page, name: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

describe('by the keyboard alone', () => {
  test('one signs in, finds a job and cancels it', async ({ redis, prefix, open }) => {
    await using all = await connectAllQueues({ redis: redis.url, prefix });
    const { key } = await all.apiKeys.add({ client: 'me', verbs: ['read', 'operate', 'admin'] });
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const [emails] = console.producers;
    for (const id of ['a', 'b']) await emails?.put(send, { to: id }, { id });
    const page = await open(console.url);
    await page.getByLabel('API key').waitFor();
    await tabTo(page, 'API key');
    await page.keyboard.type(key);
    await page.keyboard.press('Enter');
    await page.locator('a.name').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByText('2 listed').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('payload.to=b');
    await page.keyboard.press('Enter');
    await page.getByText('1 listed').waitFor();
    await page.locator('h1').first().waitFor();
    await tabTo(page, 'b');
    await page.keyboard.press('Enter');
    await page.getByText('No worker is connected.').waitFor();
    await press(page, 'Cancel …');
    await page.getByRole('dialog').waitFor();
    await press(page, 'Cancel the job');
    await page.getByText('Outcome: removed.').waitFor();
    await press(page, 'Close');
    await expect.poll(() => emails?.stats()).toMatchObject({ depth: 1 });
  });

  test('one changes the capacity, seals, and leaves a dialog with Escape', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const [emails] = console.producers;
    const page = await open(`${console.url}#/queues/emails`);
    await page.getByText('Nothing matches').waitFor();
    await press(page, 'Settings');
    await page.getByText('10, of the newest definition').waitFor();
    await press(page, 'Change capacity …');
    await tabTo(page, 'Unfinished jobs that it may hold');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('25');
    await page.getByText('Free capacity for 25 jobs.').waitFor();
    await press(page, 'Set');
    await page.getByText('The capacity is 25').waitFor();
    await press(page, 'Close');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press(page, 'Seal …');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The focus is where it was.
    await page.keyboard.press('Enter');
    await tabTo(page, 'Type emails: its producers get errors');
    await page.keyboard.type('emails');
    await press(page, 'Seal');
    await page.getByText('emails takes no puts until it is unsealed.').waitFor();
    expect(await emails?.stats()).toMatchObject({ capacity: 25, sealed: true });
  });

  test('one reads the history of a queue as a table', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    await console.producers[0]?.put(send, { to: 'a' });
    const page = await open(`${console.url}#/queues/emails/history`);
    await page.getByText('Jobs a minute').waitFor();
    await press(page, '24 hours');
    await expect.poll(() => page.url()).toContain('range=24h');
    await press(page, 'As a table');
    await page
      .getByRole('region', { name: 'By time' })
      .or(page.getByText('Nothing happened in this time.').last())
      .waitFor();
  });
});
