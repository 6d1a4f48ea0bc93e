import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { redisTest } from '@sluice/testing/vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type WhenFull } from '../../job/contracts/queue-policy.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { connectProducer } from '../connect-producer.ts';
import type { Producer } from '../producer.ts';
import type { PutOptions } from '../put-options.ts';

export const job = defineJob({ name: 'job', payload: z.int(), result: z.null() });

export interface QueueSettings {
  capacity?: number;
  whenFull?: WhenFull;
  keepDead?: { count?: number; ageMs?: number };
}

/** For three, and drops the oldest, by default. */
export function queueOf(name: string, { capacity = 3, whenFull = 'drop-oldest', keepDead = {} }: QueueSettings = {}) {
  return defineQueue({ name, jobs: [job], capacity, whenFull, keep: { dead: keepDead } });
}
export type JobProducer = Producer<ReturnType<typeof queueOf>>;

export interface DropFixtures {
  settings: QueueSettings;
  producer: JobProducer;
  client: Redis;
  /** The queue as BullMQ's own client sees it: without a bound. */
  plain: Queue;
}

export const dropTest = redisTest.extend<DropFixtures>({
  settings: {},
  producer: async ({ redis, queueName, settings }, use) => {
    await using producer = await connectProducer(queueOf(queueName, settings), { redis: redis.url });
    await use(producer);
  },
  client: async ({ redis }, use) => use(await redis.client()),
  plain: async ({ redis, queueName }, use) => {
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await use(queue);
    await queue.close();
  },
});

/** Puts one job after the other, each under the id that it is given. */
export async function putAll(producer: JobProducer, ids: string[], options: PutOptions = {}): Promise<void> {
  for (const id of ids) await producer.put(job, 0, { ...options, id });
}

/** How a put is refused that finds nothing to drop. */
export const refused = { code: 'SLUICE_QUEUE_FULL', reason: 'nothing-to-drop' };
