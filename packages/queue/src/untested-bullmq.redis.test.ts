import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from './job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from './job/contracts/queue-policy.ts';
import { connectConsumer } from './consumer/connect-consumer.ts';
import { defineHandler } from './threads/thread/define-handler.ts';
import { createWorkerPool } from './pool/create-worker-pool.ts';
import { connectProducer } from './put/connect-producer.ts';
import { testedBullmq } from './store/backend/tested-bullmq.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });
const handlers = { job: defineHandler(job, () => null) };

const openers: [
  string,
  (queue: QueueDefinition<readonly [typeof job]>, options: OpenOptions) => Promise<AsyncDisposable>,
][] = [
  ['a producer', connectProducer],
  ['a consumer', connectConsumer],
  [
    'a pool',
    async (queue, options) => {
      const pool = createWorkerPool(queue, handlers, { ...options, concurrency: 1 });
      await pool.start();
      return pool;
    },
  ],
];

interface OpenOptions {
  redis: string;
  allowUntestedBullmq?: boolean;
}

describe('a minor version of BullMQ that was not tested', () => {
  redisTest.for(openers)('is refused by %s, and worked with when told to', async ([, open], { redis, queueName }) => {
    using _ = vi.spyOn(testedBullmq, 'includes').mockReturnValue(false); // the installed one is, but passes for another now
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 3 });
    const refused = open(queue, { redis: redis.url });
    await expect(refused).rejects.toMatchObject({
      code: 'SLUICE_DEFINITION',
      message: expect.stringContaining('allowUntestedBullmq'),
    });
    await using _opened = await open(queue, { redis: redis.url, allowUntestedBullmq: true });
  });
});
