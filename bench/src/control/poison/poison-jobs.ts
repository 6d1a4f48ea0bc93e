import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** Runs for a moment, or ends its process once the others of a take have started. */
export const maybePoison = defineJob({
  name: 'bench.maybe-poison',
  payload: z.object({ isPoison: z.boolean() }),
  result: z.null(),
});

export const INNOCENT_MS = 800;
export const POISON_MS = 400;

/** Leases and sweeps are short, so that a round takes no minutes; how many crashes it takes does not depend on them. */
export const timings = { leaseMs: 1_000, renewMs: 250, sweepMs: 250 };

export function poisonQueue(name: string): QueueDefinition<readonly [typeof maybePoison]> {
  return defineQueue({ name, jobs: [maybePoison], capacity: 1_000 });
}

/** What the program is started with. */
export interface PoisonPoolOptions {
  readonly socketPath: string;
  readonly queueName: string;
  readonly slots: number;
}
