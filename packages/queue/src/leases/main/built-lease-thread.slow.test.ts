import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../../', import.meta.url));

// As an installed package would be used: no condition, so that every import leads to what was built.
const program = `
import { createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';
const [redis, prefix, name] = process.argv.slice(1);
const job = defineJob({ name: 'x', payload: z.object({}), result: z.object({}) });
const queue = defineQueue({ name, jobs: [job], capacity: 10, prefix });
const pool = createWorkerPool(queue, { x: defineHandler(job, async () => ({})) }, { redis, concurrency: 1 });
await pool.start();
console.log(import.meta.resolve('@sluice/queue').endsWith('/dist/index.js'), pool.health().leaseThread);
await pool.stop();
`;

describe('the lease thread', () => {
  test('starts from what was built, too', async ({ redis, prefix, queueName }) => {
    await run(process.execPath, ['scripts/build.mjs'], { cwd: root });
    const args = ['--input-type=module', '-e', program, redis.url, prefix, queueName];
    const { stdout } = await run(process.execPath, args, { cwd: `${root}packages/queue` });
    expect(stdout).toBe('true up\n');
  });
});
