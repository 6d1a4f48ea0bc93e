import { globSync, statSync } from 'node:fs';
import { connectProducer } from '@sluice/queue';
import { consolePageFolder } from '@sluice/console';
import { sluiceHttp } from '@sluice/http';
import { fastify } from 'fastify';
import { expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send } from './kit/console-fixture.ts';

const SCRIPT_MAX_BYTES = 150 * 1024;

test('the page works below a path', async ({ redis, prefix, open }) => {
  const queue = emailQueue('emails', prefix);
  await using producer = await connectProducer(queue, { redis: redis.url });
  await producer.put(send, { to: 'ada' }, { id: 'order-17' });
  await using app = fastify();
  await app.register(sluiceHttp, { queues: [queue], redis: redis.url, console: true, prefix: '/tools/jobs' });
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  const page = await open(`${base}/tools/jobs`);
  await page.getByRole('link', { name: 'emails' }).click();
  await page.getByRole('link', { name: 'order-17' }).click();
  await page.getByText('No worker is connected.').waitFor();
});

test('the script of the page is small', () => {
  const scripts = globSync('assets/*.js.gz', { cwd: consolePageFolder });
  const bytes = scripts.reduce((sum, file) => sum + statSync(`${consolePageFolder}/${file}`).size, 0);
  expect(scripts.length).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(SCRIPT_MAX_BYTES);
});
