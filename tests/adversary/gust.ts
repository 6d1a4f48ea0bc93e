import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** A job whose payload is its name in the history, whichever id it has. */
export const gust = defineJob({
  name: 'adversary.gust',
  payload: z.string().min(1).max(100),
  result: z.string(),
  timeoutMs: 30_000,
  retry: { attempts: 3, backoff: { type: 'fixed', delayMs: 20 } },
});

export type GustQueue = QueueDefinition<readonly [typeof gust]>;

export function gustQueue(name: string, capacity: number): GustQueue {
  return defineQueue({ name, jobs: [gust], capacity });
}
