import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fencesOf, readDocsPage } from './kit/docs-page.ts';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

const start = readDocsPage('docs/getting-started.md');
const readme = readDocsPage('README.md');
const installed = [...new Set([...start.installs, ...readme.installs])];

let project: FreshProject;
let redis: LocalRedis;

beforeAll(async () => {
  redis = await startLocalRedis();
  project = await freshProject({
    packages: installed.filter((name) => name.startsWith('@sluice/')),
    dependencies: pinned(...installed.filter((name) => !name.startsWith('@sluice/'))),
    files: { ...start.files, 'words.mts': fencesOf('README.md', 'ts')[0] ?? '' },
  });
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

const env = (): NodeJS.ProcessEnv => ({ REDIS_URL: redis.url, SLUICE_TEST_REDIS: 'local' });
const run = (command: string): Promise<string> => project.run(['sh', '-c', command], env());

/** Runs a command of the page that does not end by itself, until the test ends. */
async function keepRunning(command: string): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: project.folder,
    env: { ...process.env, ...env() },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await ended;
  });
  await once(child.stdout, 'data'); // its first line says that it is at work
}

/** The command of the page that starts so. */
function commandOf(page: { readonly commands: readonly string[] }, beginning: string): string {
  return (
    page.commands.find((command) => command.startsWith(beginning)) ?? expect.unreachable(`${beginning} is not there`)
  );
}

describe('docs/getting-started.md, followed in a fresh folder', () => {
  it('shows no command that is not run here, or that a set-up is', () => {
    const setUp = /^(mkdir|npm (init|pkg|install) |export |docker )/;
    expect(start.commands.filter((command) => !setUp.test(command))).toEqual([
      'npx @sluice/cli worker --app ./src/app.ts',
      'node src/put.ts',
      'npx vitest run',
      'npx tsc',
      'npx @sluice/cli worker --app ./dist/app.js --queues emails=10',
    ]);
  });

  it('puts a job that its worker runs, with the output that it shows', async () => {
    await keepRunning(commandOf(start, 'npx @sluice/cli worker --app ./src'));
    expect(await run('node src/put.ts')).toBe(start.outputs[0]);
  });

  it('has a test that passes', async () => {
    expect(await run('npx vitest run')).toContain('1 passed');
  });

  it('compiles, and runs three workers of what was compiled', async () => {
    await run('npx tsc');
    const worker = commandOf(start, 'npx @sluice/cli worker --app ./dist');
    await Promise.all([1, 2, 3].map(() => keepRunning(worker)));
    expect(await run('node dist/put.js')).toBe(start.outputs[0]);
  });
});

describe('README.md', () => {
  it('has a whole job that runs in a project of its reader, as it says', async () => {
    expect(await run(commandOf(readme, 'node words.mts'))).toBe('6 words; depth 1 of 100\n');
  });
});
