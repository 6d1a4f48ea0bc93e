import { createWorkerPool, defineHandler } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

describe('the page of a queue', () => {
  test('lists jobs by state and search, which stand in the address', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix, 100)]);
    const [emails] = console.producers;
    for (const to of ['ada', 'bob', 'eve']) await emails?.put(send, { to }, { id: to });
    await emails?.put(send, { to: 'zoe' }, { id: 'zoe', delayMs: 60_000 });
    const page = await open(`${console.url}#/queues/emails`);
    const ids = (): Promise<string[]> => page.locator('.job-rows a').allTextContents();
    await expect.poll(ids).toEqual(['ada', 'bob', 'eve', 'zoe']);

    await page.getByRole('button', { name: /^delayed/ }).click();
    await expect.poll(ids).toEqual(['zoe']);
    expect(page.url()).toContain('#/queues/emails?state=delayed');
    await page.getByRole('button', { name: /^waiting/ }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('payload.to=bob');
    await page.keyboard.press('Enter');
    await expect.poll(ids).toEqual(['bob']);
    expect(decodeURIComponent(page.url())).toContain('state=delayed,waiting&q=payload.to=bob');

    // The address alone shows the same, and Back goes a step back.
    await page.reload();
    await expect.poll(ids).toEqual(['bob']);
    await page.goBack();
    await expect.poll(ids).toEqual(['ada', 'bob', 'eve', 'zoe']);

    await page.getByLabel('Search jobs').fill('jib:x');
    await page.keyboard.press('Enter');
    await page.getByText('there is no field jib').waitFor();
    await page.getByLabel('Search jobs').fill('eve');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'eve' }).waitFor();
  });

  test('lists further jobs as one scrolls, and draws only those in view', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix, 1_000)]);
    const [emails] = console.producers;
    const payloads = Array.from({ length: 900 }, (_, n) => ({ to: `n${n}` }));
    for await (const _receipt of emails?.putMany(send, payloads) ?? []) continue;
    const page = await open(`${console.url}#/queues/emails`);
    await page.getByText('200 listed, looked at 200 of 900.').waitFor();
    for (const listed of [400, 600, 800, 900]) {
      await page.locator('.job-rows').evaluate((rows) => rows.scrollTo({ top: rows.scrollHeight }));
      await page.getByText(`${listed} listed, looked at ${listed} of 900.`).waitFor();
    }
    expect(await page.locator('.job-rows .job-row').count()).toBeLessThan(100);
  });

  test('cancels all that match, with a count, the name of the queue, and a result', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix, 100)]);
    const [emails] = console.producers;
    for (const to of ['a', 'b', 'a']) await emails?.put(send, { to });
    const page = await open(`${console.url}#/queues/emails/jobs?q=payload.to%3Da`);
    await page.getByRole('button', { name: 'Cancel …' }).click();
    const dialog = page.getByRole('dialog');
    const act = dialog.getByRole('button', { name: 'Cancel 2 jobs' });
    await act.waitFor();
    expect(await act.isDisabled()).toBe(true);
    await dialog.getByLabel(/Type emails/).fill('emails');
    await act.click();
    await dialog.getByText('2 of 2: 2 removed.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => emails?.stats()).toMatchObject({ depth: 1 });
  });

  test('replays dead letters of a group', async ({ redis, prefix, open }) => {
    const queue = emailQueue('emails', prefix, 100);
    await using console = await startConsole(redis.url, [queue]);
    const [emails] = console.producers;
    const handler = defineHandler(send, () => {
      throw new Error('the mailbox is full');
    });
    const pool = createWorkerPool(queue, { [send.name]: handler }, { redis: redis.url, concurrency: 1 });
    await pool.start();
    for (const to of ['a', 'b', 'c']) await emails?.put(send, { to });
    await emails?.join();
    await pool.stop();
    const page = await open(`${console.url}#/queues/emails/dead`);
    const group = page.getByRole('row', { name: /the mailbox is full/ }).first();
    await group.getByRole('link', { name: '3', exact: true }).click();
    await expect.poll(() => decodeURIComponent(page.url())).toContain('code:ERROR');
    await page.getByRole('button', { name: 'Replay …' }).click();
    await page.getByRole('button', { name: 'Replay 3 dead letters' }).click();
    await page.getByText('3 of 3: 3 replayed.').waitFor();
    expect(await emails?.stats()).toMatchObject({ waiting: 3, dead: 0 });
  });

  test('changes nothing where it may only look, and says why', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix)], { operator: false });
    await console.producers[0]?.put(send, { to: 'a' });
    const page = await open(`${console.url}#/queues/emails`);
    const cancel = page.getByRole('button', { name: 'Cancel …' });
    await cancel.waitFor();
    await expect.poll(() => cancel.getAttribute('aria-disabled')).toBe('true');
    expect(await cancel.getAttribute('title')).toContain('may only look');
    await page.getByText('read-only').waitFor();
    const refused = await fetch(`${console.url}v1/queues/emails/jobs/cancel`, {
      method: 'POST',
      body: '{"filter":{}}',
      headers: { 'content-type': 'application/json' },
    });
    expect(refused.status).toBe(403);
  });
});
