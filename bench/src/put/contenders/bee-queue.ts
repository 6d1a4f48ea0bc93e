import BeeQueue from 'bee-queue';
import type { OpenContender } from '../contender.ts';
import { type BenchPayload, retryPolicy } from '../put-plan.ts';

/** All that a queue which only saves jobs does not need is switched off, as bee-queue's documentation advises. */
const producerOnly = {
  isWorker: false,
  getEvents: false,
  sendEvents: false,
  storeJobs: false,
  activateDelayedJobs: false,
};

/** bee-queue: `save` and `saveAll`. It has no jitter, and no bound. */
export const openBeeQueue: OpenContender = async (socketPath) => {
  const queue = new BeeQueue<BenchPayload>('put', { ...producerOnly, redis: { path: socketPath } });
  await queue.ready();
  const jobOf = (payload: BenchPayload) =>
    queue
      .createJob(payload)
      .retries(retryPolicy.attempts - 1)
      .backoff('exponential', retryPolicy.backoffMs);
  return {
    put: (payload) => jobOf(payload).save(),
    putBatch: async (payloads) => {
      const errors = await queue.saveAll(payloads.map(jobOf));
      for (const error of errors.values()) throw error;
    },
    close: () => queue.close(),
  };
};
