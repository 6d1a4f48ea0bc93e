import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('edits a job that waits, by the commands of docs/operations.md', async ({ cli, producer }) => {
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'order-17' });
  const show = async (): Promise<unknown> =>
    JSON.parse((await cli(['job', 'emails', 'order-17', '--payload', '--json'])).stdout);
  const states: unknown[] = [];
  for (const command of await documentedCommands('Edit a job that waits')) {
    const { code, stdout, stderr } = await cli(command);
    expect([code, stderr], command.join(' ')).toEqual([0, '']);
    if (command.includes('--json'))
      expect(JSON.parse(stdout)).toEqual({ queue: 'emails', id: 'order-17', result: 'edited' });
    else expect(stdout).toBe('order-17: edited\n');
    states.push(await show());
  }
  const payload = { to: 'b@example.com' };
  expect(states).toMatchObject([
    { payload, state: 'waiting', priority: null },
    { payload, state: 'waiting', priority: 1 },
    { payload, state: 'delayed', priority: 1, dueAt: expect.any(Number), expiresAt: expect.any(Number) },
    { payload, state: 'delayed', priority: null, expiresAt: null },
  ]);
});

test('says what is wrong, and changes nothing of a job that has ended', async ({ cli, producer, poolWith }) => {
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'order-17' });
  const edit = async (...args: string[]): Promise<[number, string]> => {
    const { code, stdout, stderr } = await cli(['edit', 'emails', 'order-17', ...args]);
    return [code, stdout + stderr];
  };
  expect(await edit()).toEqual([2, expect.stringContaining('say what to change')]);
  expect(await edit('--payload', '{}')).toEqual([2, expect.stringContaining('say what checks the payload')]);
  expect((await edit('--payload', '{to'))[0]).toBe(2);
  expect((await edit('--expires', '2020-01-01'))[0]).toBe(2);
  expect((await edit('--priority', '0'))[0]).toBe(2);
  expect((await cli(['edit', 'emails', 'none', '--priority', '1'])).code).toBe(5);
  const pool = poolWith(() => 'sent');
  await pool.start();
  await producer.join();
  expect(await edit('--priority', '1')).toEqual([6, 'order-17: it has ended: nothing was changed\n']);
});
