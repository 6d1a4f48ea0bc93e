import { Queue } from 'bullmq';
import { socketUrl } from '@sluice/local-redis';
import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  type QueueDefinition,
} from '@sluice/queue';
import { z } from 'zod';
import { AMPLE_CAPACITY } from '../../put/contender.ts';
import { retryPolicy } from '../../put/put-plan.ts';
import type { PrepareRun } from '../take-contender.ts';
import { KEEP_AGE_MS, KEEP_COUNT, type Retention } from '../take-plan.ts';

const job = defineJob({
  name: 'bench',
  payload: z.strictObject({ url: z.url(), note: z.string() }),
  retry: { attempts: retryPolicy.attempts, backoff: { type: 'exponential', delayMs: retryPolicy.backoffMs } },
  result: z.strictObject({ status: z.int(), digest: z.string(), bytes: z.int(), url: z.url() }).nullable(),
});

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

/** Sluice always looks at the age as well: by count alone is an age that nothing reaches. */
function queueOf(retention: Retention): QueueDefinition<readonly [typeof job]> {
  const completed = { count: KEEP_COUNT, ageMs: retention === 'count' ? TEN_YEARS_MS : KEEP_AGE_MS };
  return defineQueue({ name: 'take', jobs: [job], capacity: AMPLE_CAPACITY, keep: { completed } });
}

/** Sluice's worker pool, with its defaults. The queue is paused, in BullMQ's way, until the run begins. */
export const prepareSluice: PrepareRun = async ({ address: socketPath, order, payloads, handle, onCompleted }) => {
  const redis = socketUrl(socketPath);
  const gate = new Queue('{take}', { connection: { path: socketPath } });
  await gate.pause();
  const queue = queueOf(order.retention);
  const handler = defineHandler(job, ({ payload }) => handle(payload));
  const pool = createWorkerPool(queue, { bench: handler }, { redis, concurrency: order.slots });
  pool.on('completed', onCompleted);
  pool.on('fault', ({ where, error }) => console.error(where, error));
  await pool.start();
  await using producer = await connectProducer(queue, { redis });
  for await (const receipt of producer.putMany(job, payloads)) {
    if (receipt.status !== 'created') throw new Error(`${receipt.id} was answered as ${receipt.status}`);
  }
  return {
    go: () => gate.resume(),
    close: async () => {
      await pool.stop();
      await gate.close();
    },
  };
};
