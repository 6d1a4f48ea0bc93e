import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { connectProducer } from '@sluice/queue';
import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { buildReport, emails, reports, sendEmail } from './queues.ts';

/** A worker of the example, from its own program or from the command, as its reader starts it. */
function startWorker(args: string[], env: Record<string, string>) {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const child = spawn(process.execPath, ['-C', '@sluice/source', ...args], {
    cwd,
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return {
    child,
    ended: Promise.all([once(child, 'exit'), text(child.stdout)]).then(([[code], log]) => ({ code, log })),
  };
}

const command = fileURLToPath(import.meta.resolve('@sluice/cli/main'));

test('an app with two queues runs by its own program, and one queue of it by the command', async ({ redis }) => {
  await using ofEmails = await connectProducer(emails, { redis: redis.url });
  await using ofReports = await connectProducer(reports, { redis: redis.url });
  const all = startWorker(['worker.ts'], { REDIS_URL: redis.url });
  const email = await ofEmails.put(sendEmail, { to: 'ada@example.com', subject: 'Hello' }, { id: 'one' });
  const report = await ofReports.put(buildReport, { day: '2026-11-27' });
  expect(await ofEmails.result(email)).toEqual({ messageId: '<one@example.com>' });
  expect(await ofReports.result(report)).toEqual({ orders: 12 });
  all.child.kill('SIGTERM');
  expect(await all.ended).toMatchObject({ code: 0, log: expect.stringMatching(/database opened[^]*database closed/) });

  const flags = ['worker', '--app', './app.ts', '--queues', 'emails=3', '--redis', redis.url];
  const some = startWorker([command, ...flags], {});
  const next = await ofEmails.put(sendEmail, { to: 'ada@example.com', subject: 'Bye' }, { id: 'two' });
  expect(await ofEmails.result(next)).toEqual({ messageId: '<two@example.com>' });
  some.child.kill('SIGTERM');
  expect(await some.ended).toMatchObject({ code: 0, log: expect.not.stringContaining('database') });
});
