import { connectAllQueues } from '@sluice/queue';
import { expect } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { emailTest as test } from '../testing/email-test.ts';

test('makes, lists and revokes a key by the commands of docs/operations.md', async ({ cli }) => {
  let id = '';
  for (const [, verb = '', ...rest] of await documentedCommands('Say who may use the HTTP service')) {
    const { code, stdout, stderr } = await cli(['keys', verb, ...(verb === 'revoke' ? [id] : rest)]);
    expect(code, `${verb}: ${stderr}`).toBe(0);
    if (verb === 'add') {
      expect(stdout).toMatch(/^sluice_[0-9a-f]{16}_[\w-]{43}\n$/);
      [, id = ''] = stdout.split('_');
      expect(stderr).toBe(`key ${id} of shop: keep it now, it cannot be shown again\n`);
    } else if (verb === 'list') {
      expect(stdout).toMatch(new RegExp(`^ID .*\n${id} +shop +put,read +emails +50 .* good until \\d{4}-`));
    } else {
      expect(stdout).toBe(`key ${id} is revoked\n`);
      expect((await cli(['keys', 'list'])).stdout).toMatch(/ revoked \d{4}-.*Z\n$/);
    }
  }
  expect(id).not.toBe('');
});

test('answers in JSON, and knows no key of another id', async ({ cli, redis, producer }) => {
  expect((await cli(['keys', 'list'])).stdout).toBe('there are no keys\n');
  const made = JSON.parse((await cli(['keys', 'add', '--client', 'ops', '--verbs', 'operate', '--json'])).stdout);
  expect(made).toEqual({ id: expect.any(String), client: 'ops', key: expect.stringContaining(made.id) });
  await using queues = await connectAllQueues({ redis: redis.url, prefix: producer.queue.prefix });
  const stored = await queues.apiKeys.list();
  expect(JSON.parse((await cli(['keys', 'list', '--json'])).stdout)).toEqual({ keys: stored });
  const unknown = await cli(['keys', 'revoke', '0000000000000000']);
  expect([unknown.code, unknown.stderr]).toEqual([5, expect.stringContaining('there is no such key')]);
});

test.for([
  [['--client', 'a b', '--verbs', 'put'], 'It must be 1 to 100 of'],
  [['--client', 'a', '--verbs', 'put,write'], 'It must be some of put, read, operate, admin'],
  [['--client', 'a', '--verbs', 'put', '--queues', 'e mails'], 'names of queues'],
  [['--client', 'a', '--verbs', 'put', '--expires', '90'], 'a duration with its unit'],
] as const)('refuses %o', async ([flags, message], { cli }) => {
  const { code, stderr } = await cli(['keys', 'add', ...flags]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
