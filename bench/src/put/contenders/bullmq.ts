import { type Contender, JOB_NAME, type OpenContender } from '../contender.ts';
import { type BackendFactory, createRedisBackend, type JobsOptions, Queue, type RedisQueueBackend } from 'bullmq';
import { type BenchPayload, retryPolicy } from '../put-plan.ts';

/** As BullMQ's guide has it. Nothing about retention: on both sides that is told to the worker. */
export const jobOptions: JobsOptions = {
  attempts: retryPolicy.attempts,
  backoff: { type: 'exponential', delay: retryPolicy.backoffMs, jitter: 0.5 },
};

/**
 * BullMQ's own `Queue`, on BullMQ's backend or another. Its connection is as the guide advises for those who add jobs:
 * no queue of commands while Redis is away.
 */
export async function openBullmqQueue(
  name: string,
  socketPath: string,
  backend: BackendFactory<RedisQueueBackend> = createRedisBackend,
): Promise<Contender> {
  const options = { connection: { path: socketPath, enableOfflineQueue: false }, defaultJobOptions: jobOptions };
  const queue = new Queue<BenchPayload, unknown, string>(name, options, backend);
  await queue.waitUntilReady();
  return {
    put: (payload) => queue.add(JOB_NAME, payload),
    putBatch: (payloads) => queue.addBulk(payloads.map((data) => ({ name: JOB_NAME, data }))),
    close: () => queue.close(),
  };
}

/** BullMQ as it is: `add` and `addBulk`. */
export const openBullmq: OpenContender = (socketPath) => openBullmqQueue('put', socketPath);
