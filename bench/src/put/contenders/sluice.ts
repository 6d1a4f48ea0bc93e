import { socketUrl } from '@sluice/local-redis';
import { connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';
import { AMPLE_CAPACITY, JOB_NAME, type OpenContender } from '../contender.ts';
import { retryPolicy } from '../put-plan.ts';

const job = defineJob({
  name: JOB_NAME,
  payload: z.strictObject({ url: z.url(), note: z.string() }),
  result: z.null(),
  retry: { attempts: retryPolicy.attempts, backoff: { type: 'exponential', delayMs: retryPolicy.backoffMs } },
});

const queue = defineQueue({ name: 'put', jobs: [job], capacity: AMPLE_CAPACITY });

/** Sluice's producer: `put` and `putMany`, with all that it checks: schema, size, digest, bound, run id. */
export const openSluice: OpenContender = async (socketPath) => {
  const producer = await connectProducer(queue, { redis: socketUrl(socketPath) });
  return {
    put: (payload) => producer.put(job, payload),
    putBatch: async (payloads) => {
      for await (const receipt of producer.putMany(job, payloads)) {
        if (receipt.status !== 'created') throw new Error(`${receipt.id} was answered as ${receipt.status}`);
      }
    },
    close: () => producer.close(),
  };
};
