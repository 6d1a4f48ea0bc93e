import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as base, sendEmail } from '../testing/email-test.ts';

const test = base.extend<{ letters: { ids: readonly string[] } }>({
  /** Dead letters of `order-17` to `order-19`, whose mailbox is full. */
  letters: async ({ producer, poolWith }, use) => {
    const ids = ['order-17', 'order-18', 'order-19'];
    const pool = poolWith(() => {
      throw new Error('the mailbox is full');
    });
    await pool.start();
    for (const id of ids)
      await producer.put(sendEmail, { to: id === 'order-19' ? 'a@example.com' : 'b@example.com' }, { id });
    await producer.join();
    await pool.stop();
    await use({ ids });
  },
});

test('lists, shows, replays and purges by the commands of docs/operations.md', async ({ cli, letters, producer }) => {
  const commands = await documentedCommands('Replay or purge dead letters');
  const printed = new Map<string, string>();
  for (const command of commands) {
    const { code, stdout, stderr } = await cli(command);
    expect([code, stderr], `${command.join(' ')}: ${stderr}`).toEqual([0, expect.not.stringContaining('error')]);
    printed.set(command.join(' '), stdout);
  }
  const [list, json, show, byId, counted, replayed, old, purged] = [...printed.values()];
  for (const id of letters.ids) expect(list).toContain(id);
  expect(JSON.parse(json ?? '')).toMatchObject({ queue: 'emails', looked: 3, total: 3, next: null });
  expect(show).toMatch(/^failure +ERROR: the mailbox is full$/m);
  expect(show).toMatch(/^ +1 +1 {2}\d{4}-\d\d-\d\dT\S+ {2}pool-\S+ {2}ERROR: the mailbox is full$/m);
  expect([byId, counted, replayed]).toEqual(['1 replayed\n', '2 dead letters of emails match\n', '2 replayed\n']);
  expect([old, purged]).toEqual(['0 dead letters of emails match\n', '0 purged\n']);
  expect(await producer.stats()).toMatchObject({ depth: 3, dead: 0 });
});

test('acts on many only when it is told to, without a terminal', async ({ cli, letters }) => {
  const refused = await cli(['dead', 'purge', 'emails', '--all']);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('3 dead letters of emails match: give --yes'),
  ]);
  const unsaid = await cli(['dead', 'replay', 'emails', '--yes']);
  expect([unsaid.code, unsaid.stderr]).toEqual([2, expect.stringContaining('say which dead letters')]);
  const [id = ''] = letters.ids;
  expect((await cli(['dead', 'replay', 'emails', id, '--all'])).code).toBe(2);
  expect(await cli(['dead', 'purge', 'emails', id, '--yes'])).toMatchObject({ code: 0, stdout: '1 purged\n' });
  expect((await cli(['dead', 'show', 'emails', id])).code).toBe(5);
});

test('says what a full queue left, and goes on by the cursor', async ({ cli, letters, producer }) => {
  await producer.setCapacity(letters.ids.length - 1);
  const args = ['dead', 'replay', 'emails', '--all', '--yes', '--wait', '0s', '--json'];
  const first = await cli(args);
  const report = JSON.parse(first.stdout);
  expect([first.code, report]).toEqual([
    6,
    expect.objectContaining({ results: { replayed: 2 }, left: 1, stopped: 'full' }),
  ]);
  await producer.setCapacity(null);
  const second = await cli([...args, '--cursor', report.next]);
  expect([second.code, JSON.parse(second.stdout).results]).toEqual([0, { replayed: 1 }]);
});

test('finds jobs by their payload, by the commands of docs/operations.md', async ({ cli, letters, producer }) => {
  await producer.put(sendEmail, { to: 'a@example.com' }, { id: 'waits' });
  const [all = [], waiting = []] = await documentedCommands('Find a job by its payload');
  const found = await cli(all);
  expect(found.stdout).toMatch(/waiting .*waits/);
  expect(found.stdout).toContain(letters.ids.at(-1));
  expect(found.stderr).toBe('2 jobs listed, looked at 4 of 4\n');
  expect(JSON.parse((await cli(waiting)).stdout)).toMatchObject({
    jobs: [{ id: 'waits' }],
    looked: 1,
    total: 1,
    next: null,
  });
  const none = await cli(['find', 'emails', '--payload', 'to=c@example.com']);
  expect([none.code, none.stderr]).toEqual([5, 'no job listed, looked at 4 of 4\n']);
});
