import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJob, defineQueue, describeContracts } from '@sluice/queue/contracts';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { runCli } from '../testing/run-cli.ts';

const app = new URL('../testing/words-app.ts', import.meta.url).href;

async function files(...versions: { payload: z.ZodType; version?: number; timeoutMs?: number }[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-contracts-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return Promise.all(
    versions.map(async (options, at) => {
      const job = defineJob({ name: 'email.send', result: z.void(), ...options });
      const path = join(folder, `${at}.json`);
      const queues = [defineQueue({ name: 'emails', jobs: [job], capacity: 1 })];
      await writeFile(path, JSON.stringify(describeContracts({ queues })));
      return path;
    }),
  );
}

it('contracts prints what check-contracts reads', async () => {
  const printed = await runCli(['contracts', '--app', app]);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  const described = JSON.parse(printed.stdout) as { queues: { name: string; jobs: unknown[] }[] };
  expect(described.queues.map(({ name }) => name)).toEqual(['letters', 'words']);
  expect(described.queues[0]?.jobs).toMatchObject([{ name: 'shout', version: 1, payload: { type: 'string' } }]);
});

it('check-contracts says what breaks and fails, and is content with what only warns', async () => {
  const to = z.object({ to: z.string() });
  const [old = '', wider = '', slower = ''] = await files(
    { payload: to },
    { payload: to.extend({ cc: z.string() }) },
    { payload: to, timeoutMs: 1_000 },
  );
  const broken = await runCli(['check-contracts', old, wider]);
  expect(broken).toMatchObject({ code: 1, stderr: '' });
  expect(broken.stdout).toBe(
    'breaks  emails email.send  old-payload-refused: new workers refuse jobs that are in the queue: cc: it must be there, and may be missing; ' +
      'raise the version and give an upcast, or make it optional\nnot compatible\n',
  );
  const json = await runCli(['check-contracts', old, wider, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    compatible: false,
    findings: [{ level: 'breaks', job: 'email.send' }],
  });
  expect(await runCli(['check-contracts', old, slower])).toMatchObject({ code: 0 });
  expect(await runCli(['check-contracts', old, slower, '--strict'])).toMatchObject({ code: 1 });
  expect(await runCli(['check-contracts', old, old])).toMatchObject({ code: 0, stdout: 'compatible\n' });
});

it('check-contracts refuses files that are none', async () => {
  const [old = ''] = await files({ payload: z.string() });
  const missing = await runCli(['check-contracts', old, '/nowhere/new.json']);
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toContain('cannot read contracts from /nowhere/new.json');
  const source = new URL(import.meta.url).pathname;
  expect((await runCli(['check-contracts', old, source])).stderr).toContain('it is not JSON');
});
