import { Queue, Worker } from 'bullmq';
import { jobOptions } from '../../put/contenders/bullmq.ts';
import { type GroupPayload, type GroupSides, KEEP } from '../group-contender.ts';

const QUEUE_NAME = 'life';

/** BullMQ as its guide has it: `Queue.add` and `Worker`. */
export const bullmqSides: GroupSides = {
  openProducer: async (socketPath) => {
    const connection = { path: socketPath, enableOfflineQueue: false };
    const queue = new Queue<GroupPayload, unknown, string>(QUEUE_NAME, { connection, defaultJobOptions: jobOptions });
    await queue.waitUntilReady();
    return { put: (payload) => queue.add('bench', payload), close: () => queue.close() };
  },
  openWorker: async ({ socketPath, slots, onStarted, onCompleted }) => {
    const handle = async ({ data }: { data: GroupPayload }): Promise<null> => {
      onStarted(data.calledAtMs);
      return null;
    };
    const worker = new Worker<GroupPayload, null>(QUEUE_NAME, handle, {
      connection: { path: socketPath, maxRetriesPerRequest: null },
      concurrency: slots,
      removeOnComplete: { count: KEEP.count, age: KEEP.ageMs / 1_000 },
    });
    worker.on('completed', ({ data }) => onCompleted(data.calledAtMs));
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },
};
