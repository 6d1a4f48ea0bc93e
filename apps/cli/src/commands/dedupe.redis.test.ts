import { describe, expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test } from '../testing/email-test.ts';

describe('puts with one key', () => {
  test('become one job by the commands of docs/operations.md', async ({ cli, producer }) => {
    const printed: string[] = [];
    for (const command of await documentedCommands('One job for many puts')) {
      const { code, stdout, stderr } = await cli(command);
      expect([code, stderr], command.join(' ')).toEqual([0, '']);
      printed.push(stdout);
    }
    const [created = '', joined = '{}', shown, removed] = printed;
    const id = /^created (.*):/.exec(created)?.[1];
    expect(JSON.parse(joined)).toMatchObject({ status: 'deduplicated', id, depth: 1 });
    expect(shown).toMatch(new RegExp(`^puts of user-7 join ${id} for \\d+ ms more\n$`));
    expect(removed).toBe('user-7 is free\n');
    expect(await producer.stats()).toMatchObject({ depth: 2 });
  });

  test('may be lines, with the key in the payload', async ({ cli, producer }) => {
    const lines = ['a', 'b', 'a'].map((to) => `${JSON.stringify({ to })}\n`).join('');
    const { stdout } = await cli(['put', 'emails', 'email.send', '--dedupe-field', 'to', '--json'], { stdin: lines });
    const statuses = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).status);
    expect(statuses).toEqual(['created', 'created', 'deduplicated']);
    expect(await producer.stats()).toMatchObject({ depth: 2 });
  });

  test('that no job has end with an exit code of their own', async ({ cli, producer }) => {
    const shown = await cli(['dedupe', 'show', 'emails', 'email.send', 'x', '--json']);
    expect([shown.code, JSON.parse(shown.stdout)]).toMatchObject([5, { key: 'x', id: null }]);
    const removed = await cli(['dedupe', 'remove', 'emails', 'email.send', 'x']);
    expect(removed).toMatchObject({ code: 5, stdout: 'no job had the key x\n' });
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test.for([
    [['--dedupe-mode', 'first'], 'need --dedupe-key'],
    [['--dedupe-key', 'k', '--dedupe-mode', 'throttle'], 'needs --dedupe-for'],
    [['--dedupe-key', 'k', '--dedupe-for', '5s'], 'is for throttle and debounce'],
    [['--dedupe-key', 'k', '--dedupe-field', 'to'], 'is one key for all'],
    [['--lifo', '--priority', '1'], 'lifo must be left out with a priority'],
  ] as const)('are refused as %j', async ([flags, message], { cli, producer }) => {
    const { code, stderr } = await cli(['put', 'emails', 'email.send', '{"to":"a"}', ...flags]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });
});
