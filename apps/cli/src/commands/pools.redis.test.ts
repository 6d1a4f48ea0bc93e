import { hostname } from 'node:os';
import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';

test('lists the pools, and what they run, by the commands of docs/operations.md', async ({
  cli,
  producer,
  poolWith,
}) => {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<string>();
  const pool = poolWith(() => {
    started.resolve();
    return end.promise;
  });
  await pool.start();
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'order-17' });
  await started.promise;
  for (const command of await documentedCommands('See the pools')) {
    const { code, stdout, stderr } = await cli(command);
    expect([code, stderr], command.join(' ')).toEqual([0, '']);
    if (command.includes('--json')) {
      const { pools } = JSON.parse(stdout);
      expect(pools).toMatchObject([
        { about: { host: hostname(), pid: process.pid, slots: 5 }, running: [{ id: 'order-17' }] },
      ]);
    } else {
      expect(stdout).toMatch(new RegExp(`^POOL .*\n${pool.name} .* running +5 +1  email.send@1\n`));
      expect(stdout).toMatch(/\norder-17 .* email.send +pool-/);
    }
  }
  end.resolve('sent');
});

test('sets slots and drains a pool by the commands of docs/operations.md', async ({ cli, poolWith, producer }) => {
  expect((await cli(['pools', 'set', producer.queue.name, '--concurrency', '3'])).stdout).toBe('no pool runs emails\n');
  const pool = poolWith(() => 'sent');
  await pool.start();
  for (const [, verb = '', queue = '', ...rest] of await documentedCommands('Steer the pools')) {
    const named = rest.map((word) => (word.startsWith('pool-') ? pool.name : word));
    const { code, stdout, stderr } = await cli(['pools', verb, queue, ...named]);
    expect([code, stderr], verb).toEqual([0, '']);
    expect(stdout).toContain(`${pool.name} (`);
    if (verb === 'set') expect(pool.health().slots).toBe(Number(named[1]));
  }
  await expect.poll(() => pool.state).toBe('stopped');
});
