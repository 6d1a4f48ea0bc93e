import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueueDefinition } from '@sluice/shared';

type QueueIdentity = Pick<QueueDefinition, 'prefix' | 'name'>;

// Bound to the course of a handler's run, wherever it awaits: nothing else can tell which put comes from inside it.
const served = new AsyncLocalStorage<QueueIdentity>();

/** Runs a handler, and remembers for which queue. */
export function whileServing<T>(queue: QueueIdentity, run: () => T): T {
  return served.run(queue, run);
}

/**
 * Whether this is called from inside a handler of the queue's own pool. Such a put must not wait: the room that it would
 * wait for may be its own job's. Queues of the same name on different Redis servers are not told apart.
 */
export function isServing(queue: QueueIdentity): boolean {
  const current = served.getStore();
  return current?.name === queue.name && current.prefix === queue.prefix;
}
