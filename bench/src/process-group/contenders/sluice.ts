import { socketUrl } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';
import { retryPolicy } from '../../put/put-plan.ts';
import { type GroupSides, KEEP } from '../group-contender.ts';

const job = defineJob({
  name: 'bench',
  payload: z.strictObject({ url: z.url(), note: z.string(), calledAtMs: z.number() }),
  result: z.null(),
  retry: { attempts: retryPolicy.attempts, backoff: { type: 'exponential', delayMs: retryPolicy.backoffMs } },
});

/** Sluice with its defaults: `put` waits while the queue is full, a pool takes. */
export function sluiceSides(capacity: number): GroupSides {
  const queue = defineQueue({ name: 'life', jobs: [job], capacity, keep: { completed: KEEP } });
  return {
    openProducer: async (socketPath) => {
      const producer = await connectProducer(queue, { redis: socketUrl(socketPath) });
      return { put: (payload) => producer.put(job, payload), close: () => producer.close() };
    },
    openWorker: async ({ socketPath, slots, onStarted, onCompleted }) => {
      const running = new Map<string, number>();
      const handler = defineHandler(job, async ({ id, payload }) => {
        running.set(id, payload.calledAtMs);
        onStarted(payload.calledAtMs);
        return null;
      });
      const pool = createWorkerPool(queue, { bench: handler }, { redis: socketUrl(socketPath), concurrency: slots });
      pool.on('completed', ({ id }) => {
        onCompleted(running.get(id) ?? Number.NaN);
        running.delete(id);
      });
      pool.on('fault', ({ where, error }) => console.error(where, error));
      await pool.start();
      return { close: () => pool.stop() };
    },
  };
}
