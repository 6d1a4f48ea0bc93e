import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** A job whose payload is its name in the history, whichever id it has. */
export const burst = defineJob({
  name: 'adversary.burst',
  payload: z.string().min(1).max(100),
  result: z.string(),
  timeoutMs: 30_000,
  retry: { attempts: 3, backoff: { type: 'fixed', delayMs: 20 } },
});

export type BurstQueue = QueueDefinition<readonly [typeof burst]>;

export function burstQueue(name: string, capacity: number): BurstQueue {
  return defineQueue({ name, jobs: [burst], capacity });
}
