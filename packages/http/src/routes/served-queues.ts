import type { Admin, Producer, QueueDefinition } from '@sluice/queue';
import { UnknownQueueError } from '../problems/request-errors.ts';

/** What the service needs of a producer. */
export type JobQueueClient = Pick<
  Producer<QueueDefinition>,
  'put' | 'tryPut' | 'putFlow' | 'find' | 'stats' | 'follow' | 'eventsAfter' | 'on' | 'waitingPuts'
>;

/** A queue and the producer that puts into it. */
export interface ServedQueue {
  readonly queue: QueueDefinition;
  readonly producer: JobQueueClient;
  /** Its administration, where the routes of operators are served. */
  readonly admin?: Admin;
  /** Whether it is on the same Redis as all others that say so: a flow may be over them. */
  readonly sharesRedis?: boolean;
}

/** Queues that operators steer, by name. */
export interface OperatorQueues {
  /** In alphabetical order. */
  names(): Promise<readonly string[]>;
  /** @throws UnknownQueueError when there is none of this name */
  admin(name: string): Admin;
  /**
   * What is known of its definition.
   *
   * @throws UnknownQueueError when there is none of this name
   */
  definition(name: string): Pick<QueueDefinition, 'name' | 'jobs'>;
}

/** The queues of this service by name. */
export class ServedQueues implements OperatorQueues {
  readonly #byName: ReadonlyMap<string, ServedQueue>;

  constructor(served: readonly ServedQueue[]) {
    this.#byName = new Map(served.map((entry) => [entry.queue.name, entry]));
  }

  /** @throws UnknownQueueError when no queue of this name is served */
  get(name: string): ServedQueue {
    const entry = this.#byName.get(name);
    if (!entry) throw new UnknownQueueError(name, [...this.#byName.keys()]);
    return entry;
  }

  async names(): Promise<readonly string[]> {
    return [...this.#byName.keys()].toSorted();
  }

  definition(name: string): QueueDefinition {
    return this.get(name).queue;
  }

  /** @throws UnknownQueueError when no queue of this name is served */
  admin(name: string): Admin {
    const { admin } = this.get(name);
    if (!admin) throw new Error(`queue ${name} is served without its administration`);
    return admin;
  }

  /** The queues that a flow of this one may name. */
  ofFlow(served: ServedQueue): QueueDefinition[] {
    if (!served.sharesRedis) return [served.queue];
    return this.all()
      .filter(({ sharesRedis }) => sharesRedis)
      .map(({ queue }) => queue);
  }

  all(): ServedQueue[] {
    return [...this.#byName.values()];
  }
}
