import { Queue, Worker } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { dueAtMsOf, ITERATION, type OpenLatenessQueue, PLAIN } from '../lateness-contender.ts';

/** BullMQ's own `Queue` and `Worker`. */
export const openBullmq: OpenLatenessQueue = async ({ socketPath, slots, onStart, onIteration }) => {
  const queue = new Queue<number>('late', { connection: { path: socketPath } });
  const worker = new Worker<number>(
    'late',
    async ({ data, id }) => {
      if (data >= 0) onStart(data);
      else if (data === ITERATION) onIteration(dueAtMsOf(id ?? ''));
      else await sleep(5);
    },
    {
      connection: { path: socketPath, maxRetriesPerRequest: null },
      concurrency: slots,
      removeOnComplete: { count: 0 },
    },
  );
  worker.on('error', (error) => console.error(error));
  await worker.waitUntilReady();
  return {
    addDelayed: (n, delay) => queue.add('late', n, { delay }),
    addPlain: (count) => queue.addBulk(Array.from({ length: count }, () => ({ name: 'late', data: PLAIN }))),
    schedule: (every) => queue.upsertJobScheduler('often', { every }, { name: 'late', data: ITERATION }),
    unschedule: () => queue.removeJobScheduler('often'),
    close: async () => {
      await worker.close();
      await queue.close();
    },
  };
};
