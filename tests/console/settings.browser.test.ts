import { connectAdmin, connectAllQueues } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

describe('the settings of a queue', () => {
  test('change its capacity, with the effect said before', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix, 20)]);
    const [emails] = console.producers;
    for (let at = 0; at < 17; at += 1) await emails?.put(send, { to: `${at}` });
    const page = await open(`${console.url}#/queues/emails/settings`);
    await page.getByText('20, of the newest definition').waitFor();
    const defined = page.getByRole('button', { name: 'Use that of the definition …' });
    expect(await defined.getAttribute('title')).toBe('it was not set at run time');

    await page.getByRole('button', { name: 'Change capacity …' }).click();
    const dialog = page.getByRole('dialog');
    const field = dialog.getByLabel('Unfinished jobs that it may hold');
    await field.fill('0');
    expect(await dialog.getByRole('button', { name: 'Set' }).isDisabled()).toBe(true);
    await field.fill('5');
    await dialog.getByText('12 jobs over').waitFor();
    expect(await emails?.stats()).toMatchObject({ capacity: 20 });
    await dialog.getByRole('button', { name: 'Set' }).click();
    await dialog.getByText('The capacity is 5: 12 over.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('5, set at run time, above every definition').waitFor();
    expect(await emails?.stats()).toMatchObject({ capacity: 5, over: 12 });

    await defined.click();
    await dialog.getByRole('button', { name: 'Use that' }).click();
    await dialog.getByText('The capacity is 20: 17 in the queue.').waitFor();
  });

  test('seal it once its name is typed, and open it again', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const [emails] = console.producers;
    const page = await open(`${console.url}#/queues/emails/settings`);
    await page.getByRole('button', { name: 'Seal …', exact: true }).click();
    const dialog = page.getByRole('dialog');
    const seal = dialog.getByRole('button', { name: 'Seal', exact: true });
    expect(await seal.isDisabled()).toBe(true);
    await dialog.getByLabel(/Type emails/).fill('emails');
    await seal.click();
    await dialog.getByText('emails takes no puts until it is unsealed.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect(emails?.put(send, { to: 'a' })).rejects.toMatchObject({ code: 'SLUICE_QUEUE_CLOSED' });
    await page.getByRole('button', { name: 'Unseal …' }).click();
    await dialog.getByRole('button', { name: 'Unseal' }).click();
    await dialog.getByText('emails takes puts again.').waitFor();
    await emails?.put(send, { to: 'a' });
  });

  test('pause one contract, and limit it', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    await using admin = await connectAdmin(emailQueue('emails', prefix), { redis: redis.url });
    const page = await open(`${console.url}#/queues/emails/settings`);
    const row = page.getByRole('row', { name: /email\.send/ });
    await row.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByText('Workers take no jobs of email.send.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await row.getByText('▲ paused').waitFor();
    await row.getByRole('button', { name: 'Limit …' }).click();
    await dialog.getByLabel('Jobs that run at once').fill('2');
    await dialog.getByRole('button', { name: 'Set' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect((await admin.limits.get()).jobs['email.send']).toMatchObject({ paused: true, running: 2 });
  });

  test('cannot be changed by a key that only operates', async ({ redis, prefix, open }) => {
    await using all = await connectAllQueues({ redis: redis.url, prefix });
    const { key } = await all.apiKeys.add({ client: 'me', verbs: ['read', 'operate'] });
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const page = await open(`${console.url}#/queues/emails/settings`);
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
    for (const name of ['Change capacity …', 'Seal …', 'Pause', 'Limit …']) {
      const button = page.getByRole('main').getByRole('button', { name, exact: true }).first();
      await button.waitFor();
      await expect.poll(() => button.getAttribute('title')).toBe('This needs an API key that may admin.');
    }
  });
});
