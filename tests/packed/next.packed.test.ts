import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalRedis } from '@sluice/local-redis';
import { expect, it, vi } from 'vitest';
import { freshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

const app = fileURLToPath(new URL('next-app/', import.meta.url));

async function appFiles(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const file of glob('**/*.{js,mjs}', { cwd: app })) files[file] = await readFile(join(app, file), 'utf8');
  return files;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Runs `server.js` of a standalone output. */
function serve(folder: string, env: NodeJS.ProcessEnv): ChildProcess & AsyncDisposable {
  const server = spawn(process.execPath, ['server.js'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
  };
  return Object.assign(server, { [Symbol.asyncDispose]: stop });
}

it('a Next.js app with a pool, a thread and a route that puts runs from its standalone output alone', async () => {
  await using project = await freshProject({
    packages: ['@sluice/queue'],
    dependencies: {
      ...pinned('bullmq', 'ioredis', 'zod', 'esbuild'),
      next: '16.4.6',
      react: '19.3.1',
      'react-dom': '19.3.1',
    },
    files: await appFiles(),
  });
  const handler = ['where-handler.js', '--bundle', '--platform=node', '--outfile=threads/where-handler.cjs'];
  await project.run(['npx', 'esbuild', ...handler]);
  await project.run(['npx', 'next', 'build'], { NEXT_TELEMETRY_DISABLED: '1' });
  const moved = await mkdtemp(join(tmpdir(), 'sluice-standalone-'));
  try {
    // As COPY of a Dockerfile does it. Next.js links packages that it leaves external.
    await cp(join(project.folder, '.next/standalone'), moved, { recursive: true, verbatimSymlinks: true });
    await project[Symbol.asyncDispose]();
    await using redis = await startLocalRedis();
    const port = await freePort();
    const { PATH } = process.env;
    await using _server = serve(moved, { PATH, PORT: String(port), HOSTNAME: '127.0.0.1', REDIS_URL: redis.url });
    const address = `http://127.0.0.1:${port}/api/double`;
    await vi.waitFor(() => fetch(address), { timeout: 60_000 });
    const answer = await fetch(address, { method: 'POST' });
    expect(await answer.json()).toEqual({ sum: 380, runsOfBlocked: 1, isMainThread: false });
  } finally {
    await rm(moved, { recursive: true, force: true });
  }
});
