import { startLocalRedis } from '@sluice/local-redis';
import { expect, it } from 'vitest';
import { freshProject } from './kit/fresh-project.ts';
import { pinned } from './kit/pinned.ts';

const program = `
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const countWords = defineJob({
  name: 'words.count',
  payload: z.object({ text: z.string() }),
  result: z.object({ words: z.int() }),
  timeoutMs: 5_000,
});
const queue = defineQueue({ name: 'texts', jobs: [countWords], capacity: 100 });
const handler = defineHandler(countWords, async ({ payload }) => ({ words: payload.text.split(' ').length }));

const redis = String(process.env['REDIS_URL']);
await using pool = createWorkerPool(queue, { 'words.count': handler }, { redis, concurrency: 4 });
await pool.start();
await using producer = await connectProducer(queue, { redis });
const { words } = await producer.result(await producer.put(countWords, { text: 'to be or not to be' }));
const wholeNumber: 6 extends typeof words ? typeof words : never = words;
console.log(wholeNumber);
`;

const tsconfig = JSON.stringify({
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    types: ['node'],
    noEmit: true,
  },
});

it('installs with npm in an empty folder, type-checks, and runs a job on a private Redis', async () => {
  await using project = await freshProject({
    packages: ['@sluice/queue'],
    dependencies: pinned('bullmq', 'ioredis', 'zod', 'typescript', '@types/node'),
    files: { 'main.ts': program, 'tsconfig.json': tsconfig },
  });
  await using redis = await startLocalRedis();
  await project.run(['npx', 'tsc', '-p', '.']);
  expect(await project.run(['node', 'main.ts'], { REDIS_URL: redis.url })).toBe('6\n');
});
