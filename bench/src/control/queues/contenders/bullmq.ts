import { Queue, Worker } from 'bullmq';
import { KEEP, type QueuesContender } from '../queues-contender.ts';

export const contender: QueuesContender = {
  openProducer: async (path, n) => {
    const queue = new Queue(`queue-${n}`, { connection: { path } });
    await queue.waitUntilReady();
    return { put: (payload) => queue.add('one', payload), close: () => queue.close() };
  },
  openWorker: async (path, n, { slots, onCompleted }) => {
    const worker = new Worker(`queue-${n}`, async () => null, {
      connection: { path, maxRetriesPerRequest: null },
      concurrency: slots,
      removeOnComplete: { count: KEEP.count, age: KEEP.ageMs / 1_000 },
    });
    worker.on('completed', onCompleted);
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },
};
