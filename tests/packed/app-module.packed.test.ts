import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLocalRedis, type LocalRedis } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildReport, emails, reports } from '../../examples/app-module/queues.ts';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { nodeOf } from './kit/node-of.ts';
import { pinned } from './kit/pinned.ts';
import { tsconfig } from './kit/tsconfig.ts';

const example = (name: string): string =>
  readFileSync(new URL(`../../examples/app-module/${name}`, import.meta.url), 'utf8');

const plugin = `
import { sluiceHttp } from '@sluice/http';
import { runService } from '@sluice/service';
import { fastify } from 'fastify';
import app from './app.ts';

if (process.argv[2] === 'service') await runService(app, { queues: ['emails'], port: 0 });
const server = fastify();
await server.register(sluiceHttp, { queues: app.queues, redis: process.env['REDIS_URL'] ?? '', prefix: '/jobs' });
console.log('listening on ' + (await server.listen({ port: 0 })));
process.once('SIGTERM', () => void server.close());
`;

let project: FreshProject;
let redis: LocalRedis;
let node22: string;

beforeAll(async () => {
  redis = await startLocalRedis();
  const files = ['app.ts', 'queues.ts', 'report-handlers.ts', 'database.ts', 'worker.ts'];
  project = await freshProject({
    packages: ['@sluice/queue', '@sluice/service', '@sluice/http', '@sluice/cli'],
    dependencies: pinned('bullmq', 'ioredis', 'zod', 'fastify', 'typescript', '@types/node'),
    files: {
      ...Object.fromEntries(files.map((name) => [`src/${name}`, example(name)])),
      'src/serve.ts': plugin,
      'tsconfig.json': tsconfig({ rewriteRelativeImportExtensions: true, skipLibCheck: true }),
    },
  });
  await project.run(['node', 'node_modules/typescript/bin/tsc', '-p', '.']);
  node22 = await nodeOf('22.12.0');
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

/** Starts a program in the project; killed when the test ends. */
function start(program: string, ...args: string[]): { child: ChildProcess; output: () => string } {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], REDIS_URL: redis.url };
  const child = spawn(program, args, { cwd: project.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (written += text));
  return { child, output: () => written };
}

const sluice = (): string => join('node_modules', '@sluice', 'cli', 'dist', 'main.js');

describe('an app module in a project of its own', () => {
  it.each([
    ['its own program', () => [node22, join('out', 'worker.js')]],
    ['the command', () => [node22, sluice(), 'worker', '--app', './out/app.js', '--queues', 'reports=2']],
    ['the command, from TypeScript', () => [process.execPath, sluice(), 'worker', '--app', 'src/app.ts']],
  ])('has its jobs run by %s', async (_, command) => {
    const [program = '', ...args] = command();
    const worker = start(program, ...args);
    await using producer = await connectProducer(reports, { redis: redis.url });
    const receipt = await producer.put(buildReport, { day: '2026-11-27' });
    const died = once(worker.child, 'exit').then(() => worker.output());
    expect(await Promise.race([producer.result(receipt), died])).toEqual({ orders: 12 });
    worker.child.kill('SIGTERM');
    await died;
    expect(worker.child.exitCode, worker.output()).toBe(0);
  });

  it.each([
    ['runService', () => [node22, join('out', 'serve.js'), 'service'], ''],
    ['the command', () => [node22, sluice(), 'serve', '--app', './out/app.js', '--port', '0'], ''],
    ['the plugin in a server of its own', () => [node22, join('out', 'serve.js')], '/jobs'],
  ])('takes jobs over HTTP by %s', async (_, command, prefix) => {
    const [program = '', ...args] = command();
    const service = start(program, ...args);
    await expect.poll(() => service.output()).toMatch(/listening on http/);
    const [, port = ''] = /listening on http:\/\/[^"\s]*:(\d+)/.exec(service.output()) ?? [];
    const answer = await fetch(`http://127.0.0.1:${port}${prefix}/v1/queues/${emails.name}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ payload: { to: 'ada@example.com', subject: 'Hello' } }),
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([202, expect.stringMatching(`^${prefix}/v1/`)]);
    service.child.kill('SIGINT');
    service.child.kill('SIGTERM');
    await once(service.child, 'exit');
  });
});
