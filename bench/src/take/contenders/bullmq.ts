import { Queue, Worker } from 'bullmq';
import { jobOptions } from '../../put/contenders/bullmq.ts';
import type { BenchPayload } from '../../put/put-plan.ts';
import type { BenchResult, PrepareRun } from '../take-contender.ts';
import { KEEP_AGE_MS, KEEP_COUNT } from '../take-plan.ts';

/** BullMQ's own `Worker`, with the settings of its guide. The queue is paused until the run begins. */
export const prepareBullmq: PrepareRun = async ({ address: socketPath, order, payloads, handle, onCompleted }) => {
  const queue = new Queue<BenchPayload, unknown, string>('take', {
    connection: { path: socketPath },
    defaultJobOptions: jobOptions,
  });
  await queue.pause();
  const worker = new Worker<BenchPayload, BenchResult | null>('take', (job) => handle(job.data), {
    connection: { path: socketPath, maxRetriesPerRequest: null },
    concurrency: order.slots,
    removeOnComplete:
      order.retention === 'count' ? { count: KEEP_COUNT } : { count: KEEP_COUNT, age: KEEP_AGE_MS / 1_000 },
  });
  worker.on('completed', onCompleted);
  worker.on('error', (error) => console.error(error));
  await worker.waitUntilReady();
  for (let from = 0; from < payloads.length; from += 1_000) {
    await queue.addBulk(payloads.slice(from, from + 1_000).map((data) => ({ name: 'bench', data })));
  }
  return {
    go: () => queue.resume(),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
};
