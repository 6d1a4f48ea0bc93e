import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('cancels by the commands of docs/operations.md, and says what became of it', async ({
  cli,
  producer,
  poolWith,
}) => {
  const [cancel, forReason, count, many] = await documentedCommands('Cancel');
  expect(await cli(cancel ?? [])).toMatchObject({ code: 5, stderr: expect.stringContaining('keeps no job order-17') });
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'order-17' });
  expect(await cli(cancel ?? [])).toMatchObject({ code: 0, stdout: 'order-17 was removed before it started\n' });

  const started = Promise.withResolvers<void>();
  const pool = poolWith(({ signal }) => {
    started.resolve();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  await pool.start();
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'order-17' });
  await started.promise;
  const stopped = await cli(forReason ?? []);
  expect(stopped).toMatchObject({ code: 0, stdout: 'order-17 was stopped by its worker, and is dead\n' });
  const late = await cli([...(cancel ?? []), '--json']);
  expect([late.code, JSON.parse(late.stdout)]).toEqual([1, { queue: 'emails', id: 'order-17', outcome: 'ended' }]);
  await pool.stop();

  for (const to of ['b', 'c']) await producer.put(sendEmail, { to }, { id: to });
  expect(await cli(count ?? [])).toMatchObject({ code: 0, stdout: '2 jobs of emails match\n' });
  expect(await cli((many ?? []).filter((word) => word !== '--yes'))).toMatchObject({ code: 2 });
  expect(await producer.stats()).toMatchObject({ waiting: 2 });
  expect(await cli(many ?? [])).toMatchObject({ code: 0, stdout: '2 removed\n' });
  expect(await producer.stats()).toMatchObject({ depth: 0 });
  expect(await cli(['cancel', 'emails'])).toMatchObject({ code: 2, stderr: expect.stringContaining('say which jobs') });
});
