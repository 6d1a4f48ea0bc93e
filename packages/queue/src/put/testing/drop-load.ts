import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { QueueFullError } from '../../job/errors/index.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../connect-producer.ts';
import type { PutOptions } from '../put-options.ts';

const flake = defineJob({ name: 'flake', payload: z.int(), result: z.null() });

export interface DropLoadOptions {
  redis: string;
  queueName: string;
  capacity: number;
  producers: number;
  putsEach: number;
}

export interface DropLoadResult {
  /** Ids whose put resolved. */
  put: string[];
  /** Ids that receipts said were dropped. */
  dropped: string[];
  /** Ids whose put was refused. */
  refused: string[];
}

/** What the puts of the load ask for, in turn. */
const kinds: readonly PutOptions[] = [
  { whenFull: 'wait', waitMs: Infinity },
  { whenFull: 'drop-oldest' },
  { whenFull: 'drop-lowest-priority', priority: 2 },
  { whenFull: 'reject' },
  { whenFull: 'drop-oldest', priority: 3 },
  { whenFull: 'drop-lowest-priority' },
  { whenFull: 'drop-oldest', delayMs: 5 },
  { whenFull: 'wait', waitMs: 5 },
];

/** Many producers put under every policy at once into a small queue, while a pool drains it. Ends with it empty. */
export async function dropLoad(options: DropLoadOptions): Promise<DropLoadResult> {
  const { redis, queueName, capacity, producers } = options;
  const queue = defineQueue({ name: queueName, jobs: [flake], capacity });
  const result: DropLoadResult = { put: [], dropped: [], refused: [] };
  const handler = defineHandler(flake, async ({ payload }) => {
    await sleep(payload % 3);
    return null;
  });
  await using pool = createWorkerPool(queue, { flake: handler }, { redis, concurrency: 2 });
  await pool.start();
  const produce = async (name: string): Promise<void> => {
    await using producer = await connectProducer(queue, { redis });
    const puts = Array.from({ length: options.putsEach }, async (_, n) => {
      await sleep(n % 10);
      const id = `${name}-${n}`;
      try {
        const { dropped } = await producer.put(flake, n, { ...kinds[n % kinds.length], id });
        result.put.push(id);
        if (dropped !== undefined) result.dropped.push(dropped);
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        result.refused.push(id);
      }
    });
    await Promise.all(puts);
  };
  await Promise.all(Array.from({ length: producers }, (_, n) => produce(`p${n}`)));
  await using last = await connectProducer(queue, { redis });
  await last.join({ waitMs: 30_000 });
  return result;
}
