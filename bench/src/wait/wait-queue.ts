import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** A job that does nothing: what is measured is the wait before it. */
export const turn = defineJob({ name: 'bench.turn', payload: z.null(), result: z.null() });

export function waitQueue(capacity: number): QueueDefinition<readonly [typeof turn]> {
  return defineQueue({ name: 'wait', jobs: [turn], capacity });
}
