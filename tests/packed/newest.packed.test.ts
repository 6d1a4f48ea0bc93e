import { readFileSync } from 'node:fs';
import { startLocalRedis, type LocalRedis } from '@sluice/local-redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencesOf } from './kit/docs-page.ts';
import { freshProject, type FreshProject } from './kit/fresh-project.ts';
import { nodeOf } from './kit/node-of.ts';
import { pinned } from './kit/pinned.ts';
import { programs, readProgram } from './kit/program.ts';
import { tsconfig } from './kit/tsconfig.ts';

const compilers = ['typescript', 'typescript-5'];
/** The oldest that the packages' `engines` allow, and the newest lines. */
const nodes = ['22.15.0', '24', '26'];

/** The first example of each package's page as a file of the project, and the files that it imports from its reader. */
function readmes(): Record<string, string> {
  const inProject = (text: string): string =>
    `${text.replace("'./queues.js'", "'./emails.js'").replaceAll(/'(\.\/[\w-]+)\.ts'/g, "'$1.js'")}\nexport {};\n`;
  const pages = ['queue', 'service', 'local-redis', 'testing', 'http', 'shared'].map((name) => {
    const [example = ''] = fencesOf(`packages/${name}/README.md`, 'ts');
    return [`src/readme-${name}.ts`, inProject(example)];
  });
  const readers = ['emails.ts', 'sign-up.ts'].map((name) => {
    const text = readFileSync(new URL(`../../examples/integration-test/${name}`, import.meta.url), 'utf8');
    return [`src/${name}`, inProject(text)];
  });
  return Object.fromEntries([...pages, ...readers]);
}

let project: FreshProject;
let redis: LocalRedis;

beforeAll(async () => {
  redis = await startLocalRedis();
  project = await freshProject({
    manager: 'npm',
    packages: [
      '@sluice/queue',
      '@sluice/service',
      '@sluice/local-redis',
      '@sluice/testing',
      '@sluice/http',
      '@sluice/shared',
    ],
    dependencies: {
      ...pinned('bullmq', 'ioredis', 'zod', 'fastify', 'vitest', 'typescript', '@types/node'),
      'typescript-5': 'npm:typescript@5.9.3',
      'zod-3': 'npm:zod@3.25.76',
      'zod-4.1': 'npm:zod@4.1.13',
      tsx: '4.23.15',
    },
    files: {
      ...programs('words.ts', 'imported.ts', 'required.cts', 'schemas.ts', 'in-node-test.ts'),
      ...readmes(),
      'src/words.test.ts': readProgram('in-vitest.ts'),
      'tsconfig.json': tsconfig(),
      'tsconfig.bundler.json': tsconfig(
        { module: 'esnext', moduleResolution: 'bundler', noEmit: true, skipLibCheck: true },
        ['src/imported.ts', 'src/schemas.ts'],
      ),
    },
  });
  await tsc('typescript', '-p', '.', '--skipLibCheck');
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

function tsc(compiler: string, ...args: readonly string[]): Promise<string> {
  return project.run(['node', `node_modules/${compiler}/bin/tsc`, ...args]);
}

function runWith(node: string, ...args: readonly string[]): Promise<string> {
  return project.run([node, ...args]);
}

describe('a project with the newest of everything, installed by npm', () => {
  it.each(compilers)(
    'type-checks with %s and nodenext, ESM and CommonJS, types of libraries and pages too',
    async (compiler) => {
      expect(await tsc(compiler, '-p', '.', '--noEmit')).toBe('');
    },
  );

  it.each(compilers)('type-checks with %s as bundlers resolve', async (compiler) => {
    expect(await tsc(compiler, '-p', 'tsconfig.bundler.json')).toBe('');
  });

  it('does not type-check when a payload is wrong', async () => {
    await project.write({ 'src/wrong.ts': wrong });
    const outcome = tsc('typescript', '-p', '.', '--noEmit', '--skipLibCheck');
    await expect(outcome).rejects.toThrow(/wrong\.ts\(3,.*Type 'number' is not assignable to type 'string'/);
    await project.run(['rm', 'src/wrong.ts']);
  });

  describe.each(nodes)('on Node %s', (version) => {
    let node: string;
    beforeAll(async () => {
      node = await nodeOf(version);
    });

    it('puts and runs a job from ESM', async () => {
      expect(await runWith(node, 'out/imported.js', redis.url)).toBe('8\n');
    });

    it('puts and runs a job from CommonJS, by require', async () => {
      expect(await runWith(node, 'out/required.cjs', redis.url)).toBe('8 function function function\n');
    });

    it('puts and runs a job from TypeScript, by tsx', async () => {
      expect(await runWith(node, 'node_modules/tsx/dist/cli.mjs', 'src/imported.ts', redis.url)).toBe('8\n');
    });

    it('passes tests of its own in node:test, with a queue of the test kit', async () => {
      expect(await runWith(node, '--test', 'out/in-node-test.js')).toMatch(/pass 2/);
    });
  });

  it('passes a test of its own in vitest 5, with the fixtures', async () => {
    expect(await runWith('node', 'node_modules/vitest/vitest.mjs', 'run', '--dir', 'src')).toMatch(/1 passed/);
  });
});

const wrong = `
import { type Producer } from '@sluice/queue';
import { countWords, type words } from './words.js';
export const put = (producer: Producer<typeof words>) => producer.put(countWords, { text: 7, times: '2' });
`.trimStart();
