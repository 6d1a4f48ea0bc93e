import type { AdminStats, AllQueues } from '@sluice/queue';
import { namedQueues } from '../queues/named-queues.ts';
import { openQueue } from '../queues/open-queues.ts';
import { RateMeter, type Rates } from './rates.ts';

/** One look at one queue. */
export interface QueueStatus extends AdminStats, Rates {
  queue: string;
}

/** One look at all queues that were asked for. */
export interface StatusLook {
  /** In milliseconds since the epoch. */
  at: number;
  queues: QueueStatus[];
  /** False when there may be more queues than were found. */
  complete: boolean;
}

/** How many queues are asked at once. */
const ASKED_AT_ONCE = 50;

/** Looks at one queue or at all of them, again and again. */
export class StatusReader {
  readonly #queues: AllQueues;
  readonly #name: string | undefined;
  readonly #meters = new Map<string, RateMeter>();

  constructor(queues: AllQueues, name: string | undefined) {
    this.#queues = queues;
    this.#name = name;
  }

  /** @throws NotFoundError when there is no queue of the name; RedisUnavailableError */
  async look(): Promise<StatusLook> {
    const { names, complete } = await this.#find();
    const queues: QueueStatus[] = [];
    for (let from = 0; from < names.length; from += ASKED_AT_ONCE) {
      queues.push(...(await Promise.all(names.slice(from, from + ASKED_AT_ONCE).map((name) => this.#lookAt(name)))));
    }
    return { at: Date.now(), queues, complete };
  }

  async #find(): Promise<{ names: string[]; complete: boolean }> {
    if (this.#name === undefined) return namedQueues(this.#queues);
    const { name } = await openQueue(this.#queues, this.#name);
    return { names: [name], complete: true };
  }

  async #lookAt(name: string): Promise<QueueStatus> {
    const stats = await this.#queues.get(name).stats();
    const meter = this.#meters.get(name) ?? new RateMeter();
    this.#meters.set(name, meter);
    return { queue: name, ...stats, ...meter.add(stats, performance.now()) };
  }
}
