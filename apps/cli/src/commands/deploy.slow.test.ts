import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectProducer, createWorkerPool, defineQueue } from '@sluice/queue';
import { expect, it } from 'vitest';
import { documentedCommands } from '../testing/documented-commands.ts';
import { handlers, sendEmail as changed } from '../testing/email-build-2.ts';
import { emailTest as test } from '../testing/email-test.ts';
import { runCli } from '../testing/run-cli.ts';
import { testFolder } from '../testing/test-folder.ts';

const steering = ['status', 'why', 'pools'];
const appOf: Readonly<Record<string, string>> = {
  './old/dist/app.js': new URL('../testing/email-build-1.ts', import.meta.url).href,
  './dist/app.js': new URL('../testing/email-build-2.ts', import.meta.url).href,
};

it('compares two builds by the commands of docs/operations.md', async () => {
  const folder = await testFolder();
  const printed: string[] = [];
  const commands = await documentedCommands('Deploy a changed contract');
  for (const command of commands.filter(([verb = '']) => !steering.includes(verb))) {
    const words = command.map((word) => appOf[word] ?? (word.endsWith('.json') ? join(folder, word) : word));
    const [args, file] = words.at(-2) === '>' ? [words.slice(0, -2), words.at(-1)] : [words, undefined];
    const { code, stdout, stderr } = await runCli(args);
    expect([code, stderr], command.join(' ')).toEqual([0, '']);
    if (file === undefined) printed.push(stdout);
    else await writeFile(file, stdout);
  }
  expect(printed).toEqual(['compatible\n', '{"compatible":true,"findings":[]}\n']);
});

test('shows jobs that no worker can run yet by the commands of docs/operations.md', async ({
  cli,
  poolWith,
  redis,
  queueName,
}) => {
  const newBuild = defineQueue({ name: 'emails', prefix: queueName, jobs: [changed], capacity: 1_000 });
  await using producer = await connectProducer(newBuild, { redis: redis.url });
  const old = poolWith(() => 'sent');
  await old.start();
  const receipt = await producer.put(changed, { to: 'a@example.com', locale: 'de' }, { id: 'order-17' });
  await expect.poll(async () => (await producer.stats()).unserved).toBe(1);
  const commands = await documentedCommands('Deploy a changed contract');
  const shown = commands.filter(([verb = '']) => steering.includes(verb)).map((command) => cli(command));
  const texts = await Promise.all(shown);
  expect(texts.map(({ code, stderr }) => [code, stderr])).toEqual(texts.map(() => [0, '']));
  const [status, why, pools] = texts.map(({ stdout }) => stdout);
  expect(status).toContain('delayed 1 (1 put aside: no worker could run them)');
  expect(why).toContain('payload of email.send has version 2; here only versions up to 1 are known');
  expect(pools).toContain('email.send@1');
  await using deployed = createWorkerPool(newBuild, handlers, { redis: redis.url, concurrency: 5 });
  await deployed.start();
  expect(await producer.result(receipt)).toBe('de');
});
