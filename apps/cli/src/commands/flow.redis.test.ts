import { connectProducer, defineQueue } from '@sluice/queue';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { documentedCommands, documentedJson } from '../testing/documented-commands.ts';
import { emailTest as test, sendEmail } from '../testing/email-test.ts';
import { testFolder } from '../testing/test-folder.ts';

const payload = { to: 'a@example.com' };
const one = { job: 'email.send', payload };

describe('a flow', () => {
  test('is put and shown by the commands of docs/operations.md', async ({ cli, producer }) => {
    const file = join(await testFolder(), 'flow.json');
    const [tree = ''] = await documentedJson('Put and look at a flow');
    await writeFile(file, tree);
    const printed: string[] = [];
    for (const command of await documentedCommands('Put and look at a flow')) {
      const { code, stdout, stderr } = await cli(command.map((word) => (word === 'flow.json' ? file : word)));
      expect(code, `${command.join(' ')}: ${stderr}`).toBe(0);
      printed.push(stdout);
    }
    const [put, again = '', waiting, parent, child = ''] = printed;
    expect(put).toBe('created order-17: 3 of 1,000 jobs in emails\n  order-17.0 email.send\n  order-17.1 email.send\n');
    const child0 = { id: 'order-17.0', job: 'email.send', queue: 'emails', status: 'duplicate', children: [] };
    expect(JSON.parse(again)).toMatchObject({ id: 'order-17', status: 'duplicate', children: [child0, {}] });
    expect(waiting).toContain('order-17');
    expect(waiting).not.toContain('order-17.0');
    expect(parent).toContain('waiting-children');
    expect(JSON.parse(child)).toMatchObject({ id: 'order-17.0', state: 'waiting' });
    expect(await producer.stats()).toMatchObject({ depth: 3, waitingChildren: 1 });
  });

  test('may be over queues, from standard input, and is put whole or not at all', async ({ cli, producer, redis }) => {
    const { prefix } = producer.queue;
    const small = defineQueue({ name: 'small', prefix, jobs: [sendEmail], capacity: 1 });
    await using other = await connectProducer(small, { redis: redis.url });
    await other.stats();
    const put = (tree: unknown, ...more: string[]) =>
      cli(['flow', 'put', 'emails', '-', ...more], { stdin: JSON.stringify(tree) });
    const there = { ...one, queue: 'small' };
    const missing = await put({ ...one, children: [{ ...one, queue: 'nowhere' }] });
    expect(missing).toMatchObject({ code: 5, stderr: expect.stringContaining('no queue nowhere') });
    expect(await put({ ...one, children: [there] })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^created (\S+): 1 of 1,000 jobs in emails\n {2}\1\.0 email\.send in small\n$/),
    });
    const full = await put({ ...one, children: [one, there] }, '--wait', '10ms');
    expect(full).toMatchObject({ code: 6, stderr: expect.stringContaining('queue small is full') });
    expect((await producer.stats()).depth + (await other.stats()).depth).toBe(2);
  });

  test('is checked by the contracts of an app, and its jobs are named that are wrong', async ({ cli, redis }) => {
    const app = fileURLToPath(new URL('../testing/words-app.ts', import.meta.url));
    const put = (tree: string) => cli(['flow', 'put', 'words', '--app', app, '--redis', redis.url], { stdin: tree });
    const over = (...children: string[]) => `{"job":"shout","payload":"x","children":[${children.join(',')}]}`;
    const good = '{"job":"shout","payload":"x"}';
    for (const [tree, message] of [
      [over(good, '{"job":"shout","payload":7}'), 'children[1].payload: '],
      [
        over(over(good, good, '{"job":"shot","payload":"x"}')),
        'children[0].children[2].job: is not known; did you mean',
      ],
      [over('{"job":"shout","payload":"x","delayMs":9007199254740993}'), 'children[0].delayMs: '],
      [
        over('{"job":"shout","payload":"x","queue":"leters"}'),
        'children[0].queue: is not known; did you mean letters?',
      ],
      ['{"job":', 'the flow is no JSON'],
    ] as const) {
      expect(await put(tree)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    }
    const nothing = await cli(['flow', 'put', 'words', '/nowhere/flow.json']);
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('the flow cannot be read: ENOENT') });
  });
});
