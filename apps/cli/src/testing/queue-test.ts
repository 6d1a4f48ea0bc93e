import { connectProducer, createWorkerPool, defineHandler, defineQueue, type Producer } from '@sluice/queue';
import { defineJob, PermanentJobError } from '@sluice/queue/contracts';
import { redisTest } from '@sluice/testing/vitest';
import { z } from 'zod';
import { type CliOptions, type CliResult, runCli } from './run-cli.ts';

export const greet = defineJob({
  name: 'greet',
  version: 3,
  payload: z.object({ n: z.int() }),
  result: z.int(),
  retry: { attempts: 1 },
  upcasts: { 1: (old) => old, 2: (old) => old },
});
const queueOf = (name: string, prefix: string) => defineQueue({ name, prefix, jobs: [greet], capacity: 1_000 });
export type GreetQueue = ReturnType<typeof queueOf>;

export interface QueueFixtures {
  /** A producer of the queue, with its definition. */
  producer: Producer<GreetQueue>;
  /** Runs the command on the same Redis, under a prefix of this test. */
  cli: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
  /** Runs all jobs that are there, and those that come until this has happened; odd ones die. */
  work: (until?: Promise<unknown>) => Promise<void>;
}

export const queueTest = redisTest.extend<QueueFixtures>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName, queueName), { redis: redis.url });
    await use(producer);
  },
  cli: async ({ redis, queueName }, use) => {
    await use((args, options = {}) =>
      runCli([...args, '--prefix', queueName], { ...options, env: { SLUICE_REDIS_URL: redis.url, ...options.env } }),
    );
  },
  work: async ({ redis, queueName, producer }, use) => {
    const run = defineHandler(greet, ({ payload: { n } }) => {
      if (n % 2 === 1) throw new PermanentJobError(`${n} is odd\u001b[2J`);
      return n;
    });
    await use(async (until) => {
      const options = { redis: redis.url, concurrency: 5 };
      await using pool = createWorkerPool(queueOf(queueName, queueName), { greet: run }, options);
      await pool.start();
      await until;
      await producer.join();
    });
  },
});
