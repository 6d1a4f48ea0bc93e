import { startLocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

const BULLMQ_5 = '5.81.5';
const newPeers = Object.entries(pinned('bullmq', 'ioredis')).map(([name, version]) => `${name}@${version}`);
const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];

const withBullmq5 = `
import { Queue } from 'bullmq';
const queue = new Queue('mails', { connection: { url: process.argv[2] } });
await queue.add('now', {});
await queue.add('late', {}, { delay: 100 });
await queue.add('urgent', {}, { priority: 1 });
await queue.upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'scheduled' });
await queue.close();
`;
const withSluice = `
import { createBoundedBackend } from '@sluice/queue';
import { setDefaultBackendFactory, Worker } from 'bullmq';
setDefaultBackendFactory(createBoundedBackend({ capacity: 100 }));
const done = [];
const worker = new Worker('mails', async ({ name }) => { done.push(name); }, { connection: { url: process.argv[2] } });
await new Promise((resolve) => worker.on('completed', () => done.length === 4 && resolve()));
console.log(done.toSorted().join(' '));
await worker.close();
`;

let project: FreshProject;
beforeAll(async () => {
  project = await freshProject({
    packages: [],
    dependencies: { bullmq: BULLMQ_5 },
    files: { 'put.js': withBullmq5, 'load.js': "import '@sluice/queue';\n", 'main.js': withSluice },
  });
});
afterAll(() => project?.[Symbol.asyncDispose]());

describe('a project with BullMQ 5', () => {
  it('is told by npm which BullMQ is needed', async () => {
    const outcome = project.add(['@sluice/queue']);
    await expect(outcome).rejects.toThrow(/ERESOLVE[\s\S]*bullmq@5[\s\S]*peer bullmq@">=6\.5\.4/);
  });

  it('is told at start what to do, when the install was forced', async () => {
    await project.add(['@sluice/queue'], '--legacy-peer-deps');
    await expect(project.run(['node', 'load.js'])).rejects.toThrow(
      /the bullmq that is installed next to @sluice\/queue is none that it works with.*npm install bullmq@6\.7/,
    );
  });

  it('runs the jobs that BullMQ 5 put, after the move that docs/installing.md describes', async () => {
    await using redis = await startLocalRedis();
    await project.run(['node', 'put.js', redis.url]);
    await project.run(['npm', 'install', ...newPeers, ...quick]);
    await project.run(['npm', 'ls']);
    expect(await project.run(['node', 'main.js', redis.url])).toBe('late now scheduled urgent\n');
  });
});
