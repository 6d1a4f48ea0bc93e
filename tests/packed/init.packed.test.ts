import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startLocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { nodeOf } from './kit/node-of.ts';
import { pinned } from './kit/pinned.ts';
import { runCommand } from './kit/run-command.ts';

const withoutRedis = { REDIS_URL: '', SLUICE_REDIS_URL: '' };

/** Where the command is installed, as npx does it. */
let home: FreshProject;
let project: string;

beforeAll(async () => {
  home = await freshProject({ packages: ['@sluice/cli'], dependencies: pinned('bullmq', 'ioredis', 'zod') });
  const tarballs = dirname(Object.values(inject('tarballs') ?? {})[0] ?? '');
  await home.run(['npx', 'sluice', 'init', 'my-app', '--packages', tarballs]);
  project = join(home.folder, 'my-app');
  await runCommand(project, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']);
}, 300_000);
afterAll(() => home?.[Symbol.asyncDispose]());

describe('a project that sluice init wrote', () => {
  it('shows a job done by npm start, with neither Redis nor Docker', async () => {
    const shown = await runCommand(project, ['npm', 'start'], withoutRedis);
    expect(shown).toContain('started a private Redis');
    expect(shown).toContain('result  Hello, world!');
    expect(shown).toContain('npm test');
  });

  it('passes its own tests and its own type check', async () => {
    expect(await runCommand(project, ['npm', 'test'], withoutRedis)).toMatch(/2 passed/);
    await runCommand(project, ['npm', 'run', 'check']);
  });

  it('does both on the oldest Node that its package.json allows', async () => {
    const node = await nodeOf('22.22.0');
    expect(await runCommand(project, [node, 'scripts/start.ts'], withoutRedis)).toContain('result  Hello, world!');
    const vitest = 'node_modules/vitest/vitest.mjs';
    expect(await runCommand(project, [node, vitest, 'run'], withoutRedis)).toMatch(/2 passed/);
  });

  it('has one copy of each package of ours', async () => {
    const names = await readdir(join(project, 'node_modules/@sluice'));
    expect(names.toSorted()).toEqual(['console', 'http', 'local-redis', 'queue', 'service', 'testing']);
  });

  it('serves its queue over HTTP, and three workers run what is put', async () => {
    const redis = await startLocalRedis();
    const env = { ...process.env, REDIS_URL: redis.url, PORT: '0', SLUICE_LOG_LEVEL: 'info' };
    const programs = ['producer', 'worker', 'worker', 'worker'].map((name) =>
      spawn('node', [`apps/${name}/src/main.ts`], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    try {
      const [producer] = programs;
      let log = '';
      for await (const chunk of producer?.stdout ?? []) {
        log += String(chunk);
        if (/127\.0\.0\.1:\d+/.test(log)) break;
      }
      const base = `http://${/127\.0\.0\.1:\d+/.exec(log)?.[0]}/v1/queues/greetings`;
      const put = await fetch(`${base}/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ payload: { name: 'Ada' } }),
      });
      expect(put.status).toBe(202);
      const { id } = (await put.json()) as { id: string };
      const state = async (): Promise<unknown> => (await fetch(`${base}/jobs/${id}`)).json();
      await expect.poll(state).toMatchObject({ state: 'completed', result: { text: 'Hello, Ada!' } });
      const stats = async (): Promise<unknown> => (await fetch(base)).json();
      await expect.poll(stats).toMatchObject({ pools: 3 });
    } finally {
      const running = programs.filter((program) => program.exitCode === null);
      const ends = running.map((program) => once(program, 'exit'));
      for (const program of running) program.kill('SIGTERM');
      await Promise.all(ends);
      await redis.stop();
    }
  });
});
