import { startLocalRedis, type LocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { oldestPeers } from './kit/pinned.ts';
import { programs, readProgram } from './kit/program.ts';
import { tsconfig } from './kit/tsconfig.ts';

let project: FreshProject;
let redis: LocalRedis;

/** Of zod the oldest 4, because `@sluice/service` then runs on the same copy; zod 3 is next to the newest. */
const peers = { ...oldestPeers('bullmq', 'ioredis', 'vitest'), zod: '4.0.0' };

beforeAll(async () => {
  redis = await startLocalRedis();
  project = await freshProject({
    manager: 'pnpm',
    packages: ['@sluice/queue', '@sluice/service', '@sluice/testing'],
    dependencies: { ...peers, typescript: '5.9.2', '@types/node': '22.19.0' },
    files: {
      ...programs('words.ts', 'imported.ts'),
      'src/words.test.ts': readProgram('in-vitest.ts'),
      'tsconfig.json': tsconfig({ skipLibCheck: true }),
    },
  });
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

describe('a project with the oldest peers, installed by pnpm', () => {
  it('has no unmet peer', async () => {
    expect(await project.run(['pnpm', 'peers', 'check'])).toContain('No peer dependency issues found');
  });

  it('shares one copy of each peer with our packages', async () => {
    const store = await project.run(['ls', 'node_modules/.pnpm']);
    for (const [name, version] of Object.entries(peers)) {
      expect([...store.matchAll(new RegExp(String.raw`^${name}@([\d.]+)`, 'gm'))].map(([, found]) => found)).toEqual([
        version,
      ]);
    }
  });

  it('type-checks, puts and runs a job', async () => {
    await project.run(['pnpm', 'exec', 'tsc', '-p', '.']);
    expect(await project.run(['node', 'out/imported.js', redis.url])).toBe('8\n');
  });

  it('passes a test of its own in vitest 4, with the fixtures', async () => {
    expect(await project.run(['pnpm', 'exec', 'vitest', 'run', '--dir', 'src'])).toMatch(/1 passed/);
  });
});
