import { describe, expect, it } from 'vitest';
import { bars } from '../status/history-lines.ts';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

describe('sluice status --history', () => {
  test('shows what happened by the commands of docs/operations.md', async ({ cli, producer, poolWith }) => {
    const pool = poolWith(async () => 'sent');
    await pool.start();
    for (const id of ['a', 'b', 'c']) await producer.put(sendEmail, { to: 'a@example.com' }, { id });
    await producer.join({ waitMs: 10_000 });
    await pool.stop();
    await producer.close();
    for (const command of await documentedCommands('See what happened')) {
      const { code, stdout, stderr } = await cli(command);
      expect([code, stderr], command.join(' ')).toEqual([0, '']);
      if (command.includes('--json'))
        expect(JSON.parse(stdout)).toMatchObject({ queue: 'emails', total: { put: 3, completed: 3, dead: 0 } });
      else {
        expect(stdout).toMatch(/^emails from .*\nput +[▁▂▃▄▅▆▇█ ]+ +3\ncompleted .* 3\ndead +0\n\nTIME /);
        expect(stdout).toMatch(/\nall +3 +0 +0 +3 +3 +0 +0 /);
      }
    }
  });

  test.for([[['--history']], [['emails', '--history', '--watch']], [['emails', '--since', '1h']]])(
    'refuses %j',
    async ([args = []], { cli }) => {
      expect(await cli(['status', ...args])).toMatchObject({ code: 2, stdout: '' });
    },
  );
});

describe('bars', () => {
  it.each([
    [[0, 1, 4, 8], ' ▁▄█'],
    [[], ''],
    [Array.from({ length: 144 }, (_, n) => (n < 2 ? 1 : 0)), `█${' '.repeat(71)}`],
  ])('of %j', (counts, line) => {
    expect(bars(counts)).toBe(line);
  });
});
