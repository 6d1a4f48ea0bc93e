import { flow } from '@sluice/queue';
import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('a flow is shown by the commands of docs/operations.md', async ({ cli, producer }) => {
  const payload = { to: 'a@example.com' };
  await producer.putFlow(flow(sendEmail, payload, { id: 'order-17', children: [flow(sendEmail, payload)] }));
  const printed: string[] = [];
  for (const command of await documentedCommands('Look at a flow')) {
    const { code, stdout } = await cli(command);
    expect(code, command.join(' ')).toBe(0);
    printed.push(stdout);
  }
  expect(printed[0]).toContain('order-17');
  expect(printed[0]).not.toContain('order-17.0');
  expect(printed[1]).toContain('waiting-children');
  expect(JSON.parse(printed[2] ?? '')).toMatchObject({ id: 'order-17.0', state: 'waiting' });
});
