import { createWorkerPool, defineHandler } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

describe('the workers of a queue', () => {
  test('show how near each slot is to its deadline, and one is drained', async ({ redis, prefix, open }) => {
    const queue = emailQueue('emails', prefix);
    await using console = await startConsole(redis.url, [queue]);
    const [emails] = console.producers;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const handler = defineHandler(send, async ({ payload: { to }, extend }) => {
      if (to === 'late') await extend(200_000);
      await released;
      return { accepted: true };
    });
    const options = { redis: redis.url, concurrency: 3, name: 'mailer-1' };
    await using pool = createWorkerPool(queue, { [send.name]: handler }, options);
    await pool.start();
    await emails?.put(send, { to: 'early' }, { id: 'early' });
    await emails?.put(send, { to: 'late' }, { id: 'late', timeoutMs: 3_000 });
    const page = await open(`${console.url}#/queues/emails/workers`);
    const slots = page.getByRole('list', { name: '2 running, 1 free' });
    await slots.getByRole('link', { name: /email\.send early, for .* of 5 m/ }).waitFor();
    await slots.getByRole('link', { name: /email\.send late, for .* of 3\.0 s: past its first deadline/ }).waitFor();
    expect(await slots.locator('a.early').count()).toBe(1);
    expect(await slots.locator('a.past').count()).toBe(1);
    await expect.poll(() => page.getByRole('row', { name: /mailer-1/ }).textContent()).toMatch(/none/);

    await page.getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await page.getByText('mailer-1 takes no more jobs.').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('draining', { exact: true }).waitFor();
    release();
    await page.getByText('No worker of Sluice is connected.').waitFor();
  });
});
