import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';
import { KEEP, type QueuesContender } from '../queues-contender.ts';

const job = defineJob({ name: 'one', payload: z.object({ n: z.int() }), result: z.void() });
const handlers = { one: defineHandler(job, async () => undefined) };
const queueOf = (n: number) =>
  defineQueue({ name: `queue-${n}`, jobs: [job], capacity: 1_000_000, keep: { completed: KEEP } });

export const contender: QueuesContender = {
  openProducer: async (path, queue) => {
    const producer = await connectProducer(queueOf(queue), { redis: { path } });
    return { put: (payload) => producer.put(job, payload), close: () => producer.close() };
  },
  openWorker: async (path, queue, { slots, onCompleted }) => {
    const pool = createWorkerPool(queueOf(queue), handlers, { redis: { path }, concurrency: slots });
    pool.on('completed', onCompleted);
    await pool.start();
    return { close: () => pool.stop() };
  },
};
