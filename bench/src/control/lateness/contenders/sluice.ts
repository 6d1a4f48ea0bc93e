import { Queue } from 'bullmq';
import { socketUrl } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { dueAtMsOf, ITERATION, type OpenLatenessQueue, PLAIN } from '../lateness-contender.ts';

const job = defineJob({ name: 'late', payload: z.int(), result: z.void() });
const queue = defineQueue({ name: 'late', jobs: [job], capacity: 1_000_000, keep: { completed: { count: 0 } } });

/** Sluice's producer and pool, with their defaults. */
export const openSluice: OpenLatenessQueue = async ({ socketPath, slots, onStart, onIteration }) => {
  const redis = socketUrl(socketPath);
  const producer = await connectProducer(queue, { redis });
  const raw = new Queue<number>('{late}', { connection: { path: socketPath } });
  const handler = defineHandler(job, async ({ payload, id }) => {
    if (payload >= 0) onStart(payload);
    else if (payload === ITERATION) onIteration(dueAtMsOf(id));
    else await sleep(5);
  });
  const pool = createWorkerPool(queue, { late: handler }, { redis, concurrency: slots });
  pool.on('fault', ({ where, error }) => console.error(where, error));
  await pool.start();
  return {
    addDelayed: (n, delayMs) => producer.put(job, n, { delayMs }),
    addPlain: (count) => Promise.all(Array.from({ length: count }, () => producer.put(job, PLAIN))),
    schedule: (every) => raw.upsertJobScheduler('often', { every }, { name: 'late', data: ITERATION }),
    unschedule: () => raw.removeJobScheduler('often'),
    close: async () => {
      await pool.stop();
      await producer.close();
      await raw.close();
    },
  };
};
