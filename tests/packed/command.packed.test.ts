import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { nodeOf } from './kit/node-of.ts';

let project: FreshProject;

beforeAll(async () => {
  project = await freshProject({ packages: ['@sluice/cli'] });
});
afterAll(() => project?.[Symbol.asyncDispose]());

describe('the published command', () => {
  it('brings all that it needs, in one copy', async () => {
    const tree = await project.run(['npm', 'ls', '--all', 'bullmq', 'ioredis', '@sluice/queue']);
    for (const name of ['bullmq', 'ioredis', '@sluice/queue']) {
      expect(new Set([...tree.matchAll(new RegExp(`${name}@([\\d.]+)`, 'g'))].map(([, version]) => version)).size).toBe(
        1,
      );
    }
  });

  it('runs by its name', async () => {
    expect(await project.run(['npx', '--no-install', 'sluice', '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  // The oldest Node that its `engines` allow: it starts a Redis and workers.
  it('runs its demo on Node 22.19', async () => {
    const node = await nodeOf('22.19.0');
    expect(await project.run([node, 'node_modules/@sluice/cli/dist/main.js', 'demo'])).toContain(
      'Every result is as expected.',
    );
  });
});
