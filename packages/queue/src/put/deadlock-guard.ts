import type { QueueIdentity, Service } from '../job/served-queue.ts';

/** By the queue that a handler serves, and the one that it waits for capacity in. */
const waits = new Map<string, Map<string, Set<DeadlockGuard>>>();

/**
 * The wait of a put that comes from inside a handler. Its job holds capacity of the handler's own queue meanwhile, and a slot. So
 * handlers of two queues that wait for each other's capacity would wait until their deadlines: the wait that would close such a
 * circle may not begin. Sees the handlers on the main loop of this process, whatever producer they put with.
 */
export class DeadlockGuard {
  readonly #service: Service;
  readonly #from: string;
  readonly #to: string;
  #begun = false;

  constructor(service: Service, queue: QueueIdentity) {
    this.#service = service;
    this.#from = nameOf(service.queue);
    this.#to = nameOf(queue);
  }

  /** Whether it may wait, or go on waiting. */
  begin(): boolean {
    if (this.#begun || this.#service.isOver) return true;
    if (leadsTo(this.#from, this.#to, new Set())) return false;
    this.#begun = true;
    const targets = waits.get(this.#from) ?? new Map<string, Set<DeadlockGuard>>();
    waits.set(this.#from, targets);
    const same = targets.get(this.#to) ?? new Set();
    targets.set(this.#to, same.add(this));
    return true;
  }

  end(): void {
    if (!this.#begun) return;
    const targets = waits.get(this.#from);
    const same = targets?.get(this.#to);
    same?.delete(this);
    if (same?.size === 0) targets?.delete(this.#to);
    if (targets?.size === 0) waits.delete(this.#from);
  }

  /** Its handler has not returned. */
  get isHeld(): boolean {
    return !this.#service.isOver;
  }
}

function nameOf({ prefix, name }: QueueIdentity): string {
  return `${prefix}:${name}`;
}

/** Whether handlers of `queue`, or of those that they wait for, wait for `goal`. */
function leadsTo(goal: string, queue: string, seen: Set<string>): boolean {
  if (queue === goal) return true;
  seen.add(queue);
  for (const [next, same] of waits.get(queue) ?? []) {
    if (!seen.has(next) && some(same, (wait) => wait.isHeld) && leadsTo(goal, next, seen)) return true;
  }
  return false;
}

function some<T>(values: Iterable<T>, holds: (value: T) => boolean): boolean {
  for (const value of values) if (holds(value)) return true;
  return false;
}
