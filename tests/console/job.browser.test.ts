import {
  connectAllQueues,
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  flow,
} from '@sluice/queue';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';
import { lookAt } from './kit/look-at.ts';

describe('the page of a job', () => {
  test('says why it waits, shows what it carries as text, and edits and cancels it', async ({
    redis,
    prefix,
    open,
  }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)]);
    const [emails] = console.producers;
    const text = '<img src=x onerror=alert(1)>';
    await emails?.put(send, { to: 'ada', text }, { id: 'order/17 é' });
    const page = await open(`${console.url}#/queues/emails/jobs/${encodeURIComponent('order/17 é')}`);
    await page.getByText('No worker is connected.').waitFor();
    await expect.poll(() => page.getByLabel('Payload').textContent()).toContain(text);
    expect(await page.locator('main img').count()).toBe(0);

    await page.getByRole('button', { name: 'Edit …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Payload, JSON').fill('{"to": 17}');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Payload, JSON').fill('{"to": "bob"}');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('The job is changed.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.getByLabel('Payload').textContent()).toContain('"bob"');

    await page.getByRole('button', { name: 'Cancel …' }).click();
    await dialog.getByRole('button', { name: 'Cancel the job' }).click();
    await dialog.getByText('Outcome: removed.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('The queue keeps no such job').waitFor();
    const retry = page.getByRole('button', { name: 'Retry' });
    expect(await retry.getAttribute('title')).toBe('only a dead job is retried');
  });

  test('shows the life of a job that died, and retries it', async ({ redis, prefix, open }) => {
    const queue = emailQueue('emails', prefix);
    await using console = await startConsole(redis.url, [queue]);
    const [emails] = console.producers;
    const handler = defineHandler(send, () => {
      throw new Error('the mailbox is full');
    });
    const pool = createWorkerPool(
      queue,
      { [send.name]: handler },
      { redis: redis.url, concurrency: 1, name: 'mailer-1' },
    );
    await pool.start();
    await emails?.put(send, { to: 'ada' }, { id: 'order-17' });
    await emails?.join();
    await pool.stop();
    const url = `${console.url}#/queues/emails/jobs/order-17`;
    await lookAt(open, { url, name: 'job', isThere: (page) => page.getByText('It died:').waitFor() });
    const page = await open(url);
    const steps = page.getByRole('list', { name: 'Timeline' }).locator('strong');
    await expect
      .poll(() => steps.allTextContents())
      .toEqual(['put', 'waits for a worker', 'taken', 'failed for good', 'all attempts are used']);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('It waits again, with new attempts.').waitFor();
    expect(await emails?.stats()).toMatchObject({ waiting: 1, dead: 0 });
  });

  test('leads to its parent and its children', async ({ redis, prefix, open }) => {
    const queue = emailQueue('emails', prefix);
    await using console = await startConsole(redis.url, [queue]);
    const children = ['first', 'second'].map((id) => flow(send, { to: 'ada' }, { id }));
    await console.producers[0]?.putFlow(flow(send, { to: 'ada' }, { id: 'all', children }));
    const page = await open(`${console.url}#/queues/emails/jobs/all`);
    await page.getByRole('list', { name: 'Children' }).getByRole('link', { name: 'second' }).click();
    await page.getByRole('heading', { name: 'second', level: 1 }).waitFor();
    await page.getByText('Its parent:').getByRole('link', { name: 'all' }).click();
    await page.getByText('2 children:').waitFor();
  });

  test('reveals hidden fields to an admin, and the audit log notes it', async ({ redis, prefix, open }) => {
    const pay = defineJob({
      name: 'pay',
      payload: z.object({ to: z.string(), card: z.string() }),
      result: z.void(),
      secretFields: ['card'],
    });
    const queue = defineQueue({ name: 'payments', jobs: [pay], capacity: 10, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(pay, { to: 'ada', card: '4111-1111' }, { id: 'order-17' });
    await using all = await connectAllQueues({ redis: redis.url, prefix });
    const keyOf = async (client: string, verbs: ('read' | 'operate' | 'admin')[]) =>
      (await all.apiKeys.add({ client, verbs })).key;
    const [reader, chief] = [
      await keyOf('reader', ['read', 'operate']),
      await keyOf('chief', ['read', 'operate', 'admin']),
    ];
    await using console = await startConsole(redis.url, [queue]);
    const page = await open(`${console.url}#/queues/payments/jobs/order-17`);
    await page.getByLabel('API key').fill(reader);
    await page.keyboard.press('Enter');
    const reveal = page.getByRole('button', { name: 'Reveal hidden fields …' });
    await expect.poll(() => reveal.getAttribute('title')).toBe('This needs an API key that may admin.');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').fill(chief);
    await page.keyboard.press('Enter');
    await expect.poll(() => reveal.getAttribute('aria-disabled')).toBe('false');
    await reveal.click();
    await page.getByRole('button', { name: 'Reveal', exact: true }).click();
    await page.getByText('"4111-1111"').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await page.locator('body').textContent()).not.toContain('4111-1111');
    await page.getByRole('link', { name: 'Keys and audit' }).click();
    await page.getByText('jobs/:id/reveal payments order-17').waitFor();
  });
});
