import BeeQueue from 'bee-queue';
import { type BenchPayload, retryPolicy } from '../../put/put-plan.ts';
import type { PrepareRun } from '../take-contender.ts';

/** All that running jobs does not need is switched off, and nothing is kept of them: its fastest documented settings. */
const settings = {
  getEvents: false,
  sendEvents: false,
  storeJobs: false,
  activateDelayedJobs: false,
  removeOnSuccess: true,
};

/** bee-queue: `process`. It keeps completed jobs for ever or not at all; here not at all. */
export const prepareBeeQueue: PrepareRun = async ({ address: socketPath, order, payloads, handle, onCompleted }) => {
  const queue = new BeeQueue<BenchPayload>('take', { ...settings, redis: { path: socketPath } });
  await queue.ready();
  queue.on('succeeded', onCompleted);
  queue.on('error', (error) => console.error(error));
  for (let from = 0; from < payloads.length; from += 1_000) {
    const jobs = payloads.slice(from, from + 1_000).map((data) =>
      queue
        .createJob(data)
        .retries(retryPolicy.attempts - 1)
        .backoff('exponential', retryPolicy.backoffMs),
    );
    const errors = await queue.saveAll(jobs);
    for (const error of errors.values()) throw error;
  }
  return {
    go: async () => {
      queue.process(order.slots, (job: BeeQueue.Job<BenchPayload>) => handle(job.data));
    },
    close: () => queue.close(),
  };
};
