import { type Admin, connectAdmin } from '@sluice/queue';
import { describe, expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest } from '../testing/email-test.ts';

const test = emailTest.extend<{ admin: Admin }>({
  // The queue is there once its producer has connected.
  admin: async ({ redis, producer }, use) => {
    await using admin = await connectAdmin(producer.queue, { redis: redis.url });
    await use(admin);
  },
});

describe('sluice limits', () => {
  test('limits and pauses by the commands of docs/operations.md', async ({ cli, admin }) => {
    const commands = await documentedCommands('Limit what runs');
    for (const command of commands) {
      const { code, stderr } = await cli(command);
      expect([code, stderr], command.join(' ')).toEqual([0, '']);
      const [verb, line] = [command[0], command.join(' ')];
      if (line === 'limits emails --running 50 --rate 100/s')
        expect(await admin.limits.get()).toMatchObject({ running: 50, rate: { jobs: 100, perMs: 1_000 } });
      if (verb === 'pause')
        expect(await admin.limits.get()).toMatchObject({ jobs: { 'email.send': { running: 10, paused: true } } });
    }
    expect(commands.length).toBeGreaterThan(6);
    expect(await admin.limits.get()).toMatchObject({ running: null, rate: null, jobs: {} });
    expect(await admin.stats()).toMatchObject({ paused: false });
  });

  test('shows what holds and how far it is used', async ({ cli, admin }) => {
    await admin.limits.clear();
    await cli(['limits', 'emails', '--job', 'email.send', '--running', '10', '--rate', '5/min']);
    const { stdout } = await cli(['limits', 'emails', '--running', '2000']);
    expect(stdout).toMatch(/^JOB +RUNNING +AT MOST +RATE +HELD BACK +PAUSED\nall of emails +0 +2,000 +no limit +0\n/);
    expect(stdout).toMatch(/\nemail\.send +0 +10 +5\/m(in)? +0\n$/);
    const json = JSON.parse((await cli(['limits', 'emails', '--json'])).stdout);
    expect(json).toMatchObject({ queue: 'emails', running: 2_000, jobs: { 'email.send': { rate: { jobs: 5 } } } });
  });

  test('shows a job that is held back as that, and no date', async ({ cli, admin, producer, redis, queueName }) => {
    await producer.put(producer.queue.jobs[0], { to: 'a@example.com' }, { id: 'held', delayMs: 60_000 });
    const client = await redis.client();
    await client.zadd(`${queueName}:{emails}:delayed`, 2 ** 53, 'k.held'); // as job-limits.lua does
    expect((await cli(['jobs', 'emails'])).stdout).toMatch(/\ndelayed \(held back\) +email\.send /);
    const shown = await cli(['job', 'emails', 'held']);
    expect(shown.stdout).toMatch(/\nstate +delayed \(held back\)\n/);
    expect(shown.stdout).not.toContain('2039');
    expect(JSON.parse((await cli(['job', 'emails', 'held', '--json'])).stdout)).toMatchObject({
      heldBack: true,
      dueAt: null,
    });
    await admin.cancel('held');
  });

  test.for([
    [['--running', '0']],
    [['--rate', '100']],
    [['--rate', '100/week']],
    [['--rate', '0/s']],
    [['--clear', '--running', '1']],
    [['--job', 'email.send']],
  ])('refuses %j', async ([args], { cli, admin }) => {
    expect(await cli(['limits', 'emails', ...(args ?? [])])).toMatchObject({ code: 2, stdout: '' });
    expect(await admin.limits.get()).toMatchObject({ running: null, rate: null, jobs: {} });
  });
});
