import { execFile, execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpService } from '@sluice/http';
import { connectAllQueues, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const shout = defineJob({ name: 'shout', payload: z.object({ word: z.string() }), result: z.string() });

/** Those that this machine lacks the program for are skipped, unless `SLUICE_REQUIRE_CLIENTS` is 1. */
const clients = [
  ['curl', ['sh', 'put.sh']],
  ['python3', ['python3', 'client.py']],
  ['go', ['go', 'run', 'client.go']],
  ['php', ['php', 'client.php']],
] as const;

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Says what is not tried. */
function isLacking(program: string): boolean {
  if (has(program) || process.env['SLUICE_REQUIRE_CLIENTS'] === '1') return false;
  console.error(`there is no ${program} here: its client is not tried`);
  return true;
}

describe('a client in', () => {
  for (const [program, [command, ...args]] of clients) {
    test.skipIf(isLacking(program))(
      `${program} waits while the queue is full, and puts a job once however often it asks`,
      { timeout: 180_000 },
      async ({ redis, prefix }) => {
        const queue = defineQueue({ name: 'words', jobs: [shout], capacity: 1, prefix });
        await using all = await connectAllQueues({ redis: redis.url, prefix });
        const { key } = await all.apiKeys.add({ client: program, verbs: ['put', 'read'] });
        const service = new HttpService({
          queues: [queue],
          redis: redis.url,
          logger: silentLogger(),
          host: '127.0.0.1',
          port: 0,
          drainMs: 1_000,
          waitMaxMs: 1_000, // so that a full queue is a 429 soon
        });
        await service.start();
        await using _stop = { [Symbol.asyncDispose]: () => service.stop() };
        const env = { ...process.env, QUEUE_URL: `${service.url}/v1/queues/words`, API_KEY: key };
        const run = async (id: string, word: string): Promise<unknown> => {
          const job = JSON.stringify({ job: shout.name, payload: { word } });
          const { stdout } = await promisify(execFile)(command, [...args, id, job], { cwd, env });
          return JSON.parse(stdout);
        };
        const first = run('a', 'one');
        first.catch(() => undefined); // awaited below
        // Go compiles its client first.
        await expect.poll(() => all.get(queue).stats(), { timeout: 120_000 }).toMatchObject({ depth: 1 });
        const second = run('b', 'two');
        second.catch(() => undefined);
        const isRefused = async (): Promise<number> => (await all.get(queue).history()).total.refused;
        await expect.poll(isRefused, { timeout: 30_000 }).toBeGreaterThan(0);
        const handler = defineHandler(shout, ({ payload: { word } }) => word.toUpperCase());
        await using pool = createWorkerPool(queue, { shout: handler }, { redis: redis.url, concurrency: 1 });
        await pool.start();
        expect(await Promise.all([first, second])).toMatchObject([
          { state: 'completed', result: 'ONE' },
          { state: 'completed', result: 'TWO' },
        ]);
        expect(await run('a', 'one')).toMatchObject({ result: 'ONE' });
        expect(await all.get(queue).stats()).toMatchObject({ completed: 2 });
      },
    );
  }
});
