import { describe, expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test } from '../testing/email-test.ts';

describe('sluice schedules', () => {
  test('sets, lists, pauses and removes by the commands of docs/operations.md', async ({ cli, producer }) => {
    expect(producer.queue.name).toBe('emails');
    const printed: string[] = [];
    for (const command of await documentedCommands('Schedules')) {
      const { code, stdout, stderr } = await cli(command);
      expect([code, stderr], command.join(' ')).toEqual([0, '']);
      printed.push(stdout);
    }
    expect(printed[0]).toMatch(/^set daily-report: next at \d{4}-.*Z\n$/);
    expect(printed[2]).toMatch(
      /\ndaily-report +email.send +0 9 \* \* MON-FRI \(Europe\/Berlin\) +active +\d{4}-.* operator\n/,
    );
    expect(printed[3]?.trim().split('\n')).toHaveLength(3);
    expect(printed.slice(4)).toEqual(['paused poll\n', 'resumed poll\n', 'removed poll\n']);
    const { stdout } = await cli(['schedules', 'list', 'emails', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schedules: [{ name: 'daily-report', payload: { to: 'a@example.com' } }],
    });
  });

  test('says what is wrong, and what is not there', async ({ cli, producer }) => {
    expect(producer.queue.name).toBe('emails');
    const set = ['schedules', 'set', 'emails', 'x', 'email.send', '{}'];
    for (const [args, problem] of [
      [[], 'give either --cron or --every'],
      [['--cron', '0 9 * * *'], '--cron needs a --time-zone'],
      [['--cron', '61 * * * *', '--time-zone', 'UTC'], 'schedule x: the cron expression'],
      [['--cron', '0 9 * * *', '--time-zone', 'Mars'], 'IANA time zone'],
      [['--every', '10ms'], 'from 1s to'],
      [['--every', '5m', '--end', '2020-01-01T00:00:00Z'], 'no time is left before endAt'],
    ] as const) {
      const { code, stderr } = await cli([...set, ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    }
    for (const action of ['pause', 'resume', 'remove', 'next']) {
      const { code, stderr } = await cli(['schedules', action, 'emails', 'x']);
      expect([code, stderr]).toEqual([5, expect.stringContaining('the queue emails has no schedule x')]);
    }
  });
});
