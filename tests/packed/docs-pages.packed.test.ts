import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type DocsPage, fencesOf, readDocsPage } from './kit/docs-page.ts';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

const start = readDocsPage('docs/getting-started.md');
const readme = readDocsPage('README.md');
const recipe = (name: string): DocsPage => readDocsPage(`docs/recipes/${name}.md`);
const [fastify, express, nextjs, nestjs] = [recipe('fastify'), recipe('express'), recipe('nextjs'), recipe('nestjs')];
const migrations = ['migrating-from-bullmq', 'migrating-from-bee-queue', 'from-celery'];
const pages = [start, readme, fastify, express, nextjs, nestjs, ...migrations.map(recipe)];

const installed = [...new Set(pages.flatMap(({ installs }) => installs))];
const isOurs = (name: string): boolean => name.startsWith('@sluice/');

let project: FreshProject;
let redis: LocalRedis;

beforeAll(async () => {
  redis = await startLocalRedis();
  project = await freshProject({
    packages: installed.filter(isOurs),
    dependencies: pinned(...installed.filter((name) => !isOurs(name))),
    files: {
      ...Object.assign({}, ...pages.map(({ files }) => files)),
      'words.mts': fencesOf('README.md', 'ts')[0] ?? '',
      'tsconfig.nest.json': nestConfig,
      'nest/try.ts': nestTry,
    },
  });
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

/** That of a Nest project: its decorators are the older ones of TypeScript. */
const nestConfig = JSON.stringify({
  extends: './tsconfig.json',
  compilerOptions: { rootDir: 'nest', outDir: 'dist-nest', experimentalDecorators: true, emitDecoratorMetadata: true },
  include: ['nest'],
});

/** Uses the module of the page: three mails for a queue of two. */
const nestTry = `
import 'reflect-metadata';
import './bounded-queues.ts';
import { getQueueToken } from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import { Queue } from 'bullmq';
import { AppModule } from './app.module.ts';
import { MailService } from './mail.ts';

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const queue: Queue = app.get(getQueueToken('mail'));
const mail = app.get(MailService);
await queue.pause();
const jobs = [await mail.welcome('ada@example.org'), await mail.welcome('bob@example.org')];
await mail.welcome('cyd@example.org').catch((error: Error) => console.log(error.message.replace(/\\d+/, 'N')));
await queue.resume();
while ((await queue.getCompletedCount()) < jobs.length) await new Promise((resolve) => setTimeout(resolve, 20));
for (const id of jobs) console.log((await queue.getJob(id ?? ''))?.returnvalue);
await app.close();
`;

const env = (): NodeJS.ProcessEnv => ({ REDIS_URL: redis.url, SLUICE_TEST_REDIS: 'local' });
const run = (command: string): Promise<string> => project.run(['sh', '-c', command], env());

/** Runs a command of a page that does not end by itself, until the test ends. */
async function keepRunning(command: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: project.folder,
    env: { ...process.env, ...env(), ...more },
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

/** The command of a page that starts so. */
function commandOf({ commands }: DocsPage, beginning: string): string {
  return commands.find((each) => each.startsWith(beginning)) ?? expect.unreachable(`${beginning} is not there`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('docs/getting-started.md, followed in a fresh folder', () => {
  it('shows no command that is not run here, or that a set-up is', () => {
    const setUp = /^(mkdir|npm (init|pkg|install) |export |docker )/;
    expect(start.commands.filter((command) => !setUp.test(command))).toEqual([
      'npx @sluice/cli worker --app ./src/app.ts',
      'node src/put.ts',
      'npx vitest run src',
      'npx tsc',
      'npx @sluice/cli worker --app ./dist/app.js --queues emails=10',
    ]);
  });

  it('puts a job that its worker runs, with the output that it shows', async () => {
    await keepRunning(commandOf(start, 'npx @sluice/cli worker --app ./src'));
    expect(await run('node src/put.ts')).toBe(start.outputs[0]);
  });

  it('has a test that passes', async () => {
    expect(await run('npx vitest run src')).toContain('1 passed');
  });

  it('compiles, with all recipes, and runs three workers of what was compiled', async () => {
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

describe('docs/recipes', () => {
  it.each([
    ['fastify', fastify],
    ['express', express],
  ])(
    '%s: puts from a route, refuses a bad body and, once the queue is full, asks to come later',
    async (name, page) => {
      const port = await freePort();
      await keepRunning(commandOf(page, `node src/${name}-server.ts`), { PORT: String(port) });
      const post = (to: string): Promise<Response> =>
        fetch(`http://127.0.0.1:${port}/welcome`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ to, name: 'Ada' }),
        });
      const bad = await post('nobody');
      expect([bad.status, await bad.json()]).toMatchObject([400, { issues: [{ path: ['to'] }] }]);
      const answers = await Promise.all(Array.from({ length: 102 }, () => post('ada@example.org')));
      const codes = answers.map(({ status }) => status);
      expect(new Set(codes)).toEqual(new Set([202, 429]));
      expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toMatch(/^\d+$/);
      await run('node src/from-bee-queue.ts'); // its pool works off what is there
    },
  );

  it('nextjs: puts from a route handler', async () => {
    const program = `
      const { POST } = await import('./dist/app/api/welcome/route.js');
      const post = (to) => POST(new Request('http://a/', { method: 'POST', body: JSON.stringify({ to, name: 'Ada' }) }));
      console.log((await post('ada@example.org')).status, (await post('nobody')).status);
      process.exit();`;
    await project.write({ 'try-route.mjs': program });
    expect(await run('node try-route.mjs')).toBe('202 400\n');
  });

  it('nestjs: holds a queue of its module to its capacity', async () => {
    await run('npx tsc -p tsconfig.nest.json');
    expect(await run('node dist-nest/try.js')).toBe(
      'try again in N ms\nsent to ada@example.org\nsent to bob@example.org\n',
    );
  });

  it.each(migrations)('%s: prints what it shows', async (name) => {
    const page = recipe(name);
    const programs = page.commands.filter((command) => command.startsWith('node '));
    expect(programs).toHaveLength(page.outputs.length);
    for (const [index, program] of programs.entries()) expect(await run(program)).toBe(page.outputs[index]);
  });
});
