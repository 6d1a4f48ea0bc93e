import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueueDefinition } from './contracts/queue-policy.ts';

export type QueueIdentity = Pick<QueueDefinition, 'prefix' | 'name'>;

/** One run of a handler. */
export interface Service {
  readonly queue: QueueIdentity;
  /** The handler has returned: what it left behind runs on its own account. */
  isOver: boolean;
}

const KEY = Symbol.for('sluice.served-queue');

/**
 * Bound to the course of a handler's run, wherever it awaits: nothing else shows which put comes from inside it. One for the
 * process, because a handler may put through another copy of this library than the one that runs it.
 */
const served = sharedStorage();

function sharedStorage(): AsyncLocalStorage<Service> {
  const found: unknown = Reflect.get(globalThis, KEY);
  if (found instanceof AsyncLocalStorage) return found;
  const made = new AsyncLocalStorage<Service>();
  Reflect.set(globalThis, KEY, made);
  return made;
}

/** Runs a handler, and remembers for which queue, until it has returned. */
export function whileServing<T>(queue: QueueIdentity, run: () => T): T {
  const service: Service = { queue, isOver: false };
  const end = (): void => void (service.isOver = true);
  try {
    const result = served.run(service, run);
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  } catch (error) {
    end();
    throw error;
  }
}

/** The run of a handler from inside of which this is called, unless that has returned. */
export function currentService(): Service | undefined {
  const service = served.getStore();
  return service?.isOver === false ? service : undefined;
}

/**
 * Whether this is called from inside a handler of the queue's own pool. Such a put must not wait: the capacity that it would
 * wait for may be its own job's. Queues of the same name on different Redis servers are not distinguished.
 */
export function isServing(queue: QueueIdentity): boolean {
  const queueServed = currentService()?.queue;
  return queueServed?.name === queue.name && queueServed.prefix === queue.prefix;
}
