import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('explains why a job does not run, by the commands of docs/operations.md', async ({ cli, producer }) => {
  for (const id of ['order-16', 'order-17']) await producer.put(sendEmail, { to: 'a' }, { id });
  const commands = await documentedCommands('Ask why a job does not run');
  const [shown, json] = await Promise.all(commands.map((command) => cli(command)));
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown?.stdout).toMatch(
    /^email\.send order-17 in emails: waiting\n\nwhat it waits for:\n {2}no worker is connected\n {2}1 jobs are before it\n\nits life:\nTIME .*\n.* put .*\n.* waiting /,
  );
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({
    queue: 'emails',
    id: 'order-17',
    state: 'waiting',
    reasons: [{ reason: 'no-worker' }, { reason: 'behind', jobs: 1, isMore: false }],
    transitions: [{ event: 'put' }, { event: 'waiting' }],
  });
  const unknown = await cli(['why', 'emails', 'never\u001b[2J']);
  expect(unknown).toMatchObject({ code: 5, stdout: expect.stringContaining('never\\u{1b}[2J in emails: unknown') });
});
