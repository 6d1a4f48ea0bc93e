import { costOf, type ProcessCost } from '../../bench-process.ts';
import type { OpenProducer, OpenWorker, QueuesContender } from './queues-contender.ts';

/** A request to the process that has the queues. */
export type QueuesRequest =
  | { readonly type: 'open'; readonly what: 'producer' | 'worker'; readonly count: number }
  | { readonly type: 'put'; readonly jobs: number }
  /** Puts them and waits until all workers together have completed them. */
  | { readonly type: 'work-off'; readonly jobs: number };

export interface QueuesAnswer extends ProcessCost {
  /** What the process holds of the machine's memory. */
  readonly residentBytes: number;
}

const PUTS_IN_FLIGHT = 100;
/** Of all workers together, at least. */
const SLOTS = 100;

/** Producers and workers of many queues, in the process that this runs in. */
export class ManyQueues {
  readonly #contender: QueuesContender;
  readonly #socketPath: string;
  readonly #producers: OpenProducer[] = [];
  readonly #workers: OpenWorker[] = [];
  #completed = 0;
  #onCompleted = (): void => {};

  constructor(contender: QueuesContender, socketPath: string) {
    this.#contender = contender;
    this.#socketPath = socketPath;
  }

  async handle(request: QueuesRequest): Promise<QueuesAnswer> {
    const cost = await costOf(() => this.#run(request));
    globalThis.gc?.();
    return { ...cost, residentBytes: process.memoryUsage.rss() };
  }

  async #run(request: QueuesRequest): Promise<void> {
    switch (request.type) {
      case 'open':
        return request.what === 'producer' ? this.#openProducers(request.count) : this.#openWorkers(request.count);
      case 'put':
        return this.#put(request.jobs);
      case 'work-off':
        return this.#workOff(request.jobs);
      default:
        throw new TypeError(`unknown request ${String(request satisfies never)}`);
    }
  }

  async #openProducers(count: number): Promise<void> {
    const producers = this.#producers;
    while (producers.length < count)
      producers.push(await this.#contender.openProducer(this.#socketPath, producers.length));
  }

  async #openWorkers(count: number): Promise<void> {
    const slots = Math.ceil(SLOTS / count);
    const onCompleted = (): void => {
      this.#completed += 1;
      this.#onCompleted();
    };
    const workers = this.#workers;
    while (workers.length < count)
      workers.push(await this.#contender.openWorker(this.#socketPath, workers.length, { slots, onCompleted }));
  }

  /** To each queue in turn. */
  async #put(jobs: number): Promise<void> {
    let next = 0;
    const putRest = async (): Promise<void> => {
      while (next < jobs) {
        const n = next++;
        await this.#producers[n % this.#producers.length]?.put({ n });
      }
    };
    await Promise.all(Array.from({ length: PUTS_IN_FLIGHT }, putRest));
  }

  async #workOff(jobs: number): Promise<void> {
    const all = Promise.withResolvers<void>();
    this.#completed = 0;
    this.#onCompleted = () => {
      if (this.#completed === jobs) all.resolve();
    };
    await this.#put(jobs);
    await all.promise;
  }
}
