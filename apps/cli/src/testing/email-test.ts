import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineQueue,
  type HandlerFunction,
  type Producer,
  type WorkerPool,
} from '@sluice/queue';
import { redisTest } from '@sluice/testing/vitest';
import { type CliOptions, type CliResult, runCli } from './run-cli.ts';
import { sendEmail } from './send-email.ts';

export { sendEmail };

const emailsOf = (prefix: string) => defineQueue({ name: 'emails', prefix, jobs: [sendEmail], capacity: 1_000 });
export type EmailQueue = ReturnType<typeof emailsOf>;

export interface EmailFixtures {
  /** A producer of `emails`, under a prefix of this test. */
  producer: Producer<EmailQueue>;
  /** A pool of `emails` that is not started; it ends with the test. */
  poolWith: (run: HandlerFunction<typeof sendEmail>) => WorkerPool;
  /** Runs the command on the same Redis and prefix. */
  cli: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
}

export const emailTest = redisTest.extend<EmailFixtures>({
  producer: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(emailsOf(queueName), { redis: redis.url });
    await use(producer);
  },
  poolWith: async ({ redis, queueName }, use) => {
    const pools: WorkerPool[] = [];
    await use((run) => {
      const handlers = { 'email.send': defineHandler(sendEmail, run) };
      const pool = createWorkerPool(emailsOf(queueName), handlers, { redis: redis.url, concurrency: 5 });
      pools.push(pool);
      return pool;
    });
    for (const pool of pools) await pool.stop();
  },
  cli: async ({ redis, queueName }, use) => {
    await use((args, options = {}) =>
      runCli([...args, '--prefix', queueName], { ...options, env: { SLUICE_REDIS_URL: redis.url, ...options.env } }),
    );
  },
});
