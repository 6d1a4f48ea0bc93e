import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test } from '../testing/email-test.ts';

test('stops and resumes a queue by the commands of docs/operations.md', async ({ cli, producer }) => {
  for (const command of await documentedCommands('Stop and resume a queue')) {
    expect(await cli(command), command.join(' ')).toMatchObject({ code: 0, stderr: '' });
    if (command[0] === 'pause') expect(await producer.stats()).toMatchObject({ paused: true });
    if (command[0] === 'seal') expect(await producer.stats()).toMatchObject({ sealed: true });
    if (command.at(-1) === '5000') expect(await producer.stats()).toMatchObject({ capacity: 5_000 });
  }
  expect(await producer.stats()).toMatchObject({ paused: false, sealed: false, capacity: 1_000 });
});
