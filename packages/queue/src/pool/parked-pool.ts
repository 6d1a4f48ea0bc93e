import type { QueueDefinition } from '../job/contracts/queue-policy.ts';
import { bindHandlers, type HandlerRegistry } from '../job/handler/handler-registry.ts';
import { Slots } from '../job/slots.ts';
import { assemblePool } from './create-worker-pool.ts';
import type { WorkerPool, WorkerPoolOptions } from './worker-pool.ts';

/** A pool that takes jobs only while it is asked to. To start a pool takes long; a test opens and closes this one at will. */
export interface ParkedPool {
  /** The pool. Without a slot it takes nothing, and what others are woken for it leaves to them. */
  readonly pool: WorkerPool;
  /** Opens its slots. Again is harmless. */
  open(): void;
  /** Closes them: jobs that run go on, and none is taken. */
  park(): void;
}

/**
 * Makes a pool that is parked. For the test kit.
 *
 * @throws DefinitionError when a handler is missing or misplaced
 */
export function createParkedPool<const Q extends QueueDefinition>(
  queue: Q,
  handlers: HandlerRegistry<Q>,
  { concurrency, ...options }: WorkerPoolOptions,
): ParkedPool {
  const slots = new Slots(0);
  // One that may take with its wake-up would take a job that comes while it is parked.
  const { pool } = assemblePool(queue, bindHandlers(queue, handlers), { ...options, slots, takesAtWake: false });
  return {
    pool,
    open: () => {
      while (slots.total < concurrency) slots.grow();
      void pool.look();
    },
    park: () => {
      while (slots.total > 0) slots.shrink();
    },
  };
}
