import { createWorkerPool, defineHandler } from '@sluice/queue';
import { describe } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';
import { lookAt } from './kit/look-at.ts';

describe('the parts of the page of a queue', () => {
  test('look right in both themes and on a phone', { timeout: 240_000 }, async ({ redis, prefix, open }) => {
    const queue = emailQueue('emails', prefix, 60);
    await using console = await startConsole(redis.url, [queue]);
    const [emails] = console.producers;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const handler = defineHandler(send, async ({ payload: { to } }) => {
      if (to.startsWith('slow')) await released;
      if (to.startsWith('bad')) throw new Error(`no such mailbox: ${to}`);
      return { accepted: true };
    });
    await using pool = createWorkerPool(
      queue,
      { [send.name]: handler },
      { redis: redis.url, concurrency: 4, name: 'mailer-1' },
    );
    await pool.start();
    for (let at = 0; at < 24; at += 1) await emails?.put(send, { to: `${at % 6 === 0 ? 'bad' : 'ok'}${at}` });
    await emails?.join();
    for (let at = 0; at < 20; at += 1)
      await emails?.put(send, { to: `slow${at}`, text: 'Hello' }, { id: `order-${at}` });
    for (let at = 0; at < 9; at += 1) await emails?.put(send, { to: `later${at}` }, { delayMs: 3_600_000 });
    const at = (tab: string): string => `${console.url}#/queues/emails/${tab}`;
    await lookAt(open, {
      url: at('jobs'),
      name: 'jobs',
      isThere: (page) => page.getByText('order-5', { exact: true }).waitFor(),
    });
    await lookAt(open, {
      url: at('dead'),
      name: 'dead',
      isThere: (page) => page.getByText('no such mailbox').first().waitFor(),
    });
    await lookAt(open, {
      url: at('workers'),
      name: 'workers',
      isThere: (page) => page.getByText('mailer-1').waitFor(),
    });
    await lookAt(open, {
      url: at('schedules'),
      name: 'schedules',
      isThere: (page) => page.getByText('no schedule').waitFor(),
    });
    await lookAt(open, {
      url: at('history'),
      name: 'history',
      isThere: (page) => page.getByText('Jobs a minute').waitFor(),
    });
    await lookAt(open, {
      url: at('settings'),
      name: 'settings',
      isThere: (page) => page.getByText('the whole queue').waitFor(),
    });
    await lookAt(open, {
      url: at('waiters'),
      name: 'waiters',
      isThere: (page) => page.getByText('No producer waits').waitFor(),
    });
    release();
    await pool.stop();
  });
});
