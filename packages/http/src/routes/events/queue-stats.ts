import { problemOf } from '../../problems/problem-of.ts';
import type { ServedQueue } from '../served-queues.ts';
import { eventFrame } from './event-frame.ts';

/** Called with a frame that says how the queue is now, when that has changed. */
export type StatsListener = (frame: Buffer) => void;

export interface QueueStatsDeps {
  readonly served: Pick<ServedQueue, 'queue' | 'producer'>;
  /** Where the steps of jobs that were sent have got to: what a client goes on from. */
  readonly cursor: () => string | undefined;
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;

/** The stats of one queue: read once a second, however many streams show them, and only while one does. */
export class QueueStatsFeed {
  readonly #deps: QueueStatsDeps;
  readonly #listeners = new Set<StatsListener>();
  #timer: NodeJS.Timeout | undefined;
  /** The last that was sent, without its cursor; undefined before. */
  #shown: string | undefined;
  #last: { event: string; data: object } | undefined;
  #isReading = false;

  constructor(deps: QueueStatsDeps) {
    this.#deps = deps;
  }

  /** Calls the listener with what is known at once, or as soon as it is, and with every change. Returns what ends that. */
  listen(listener: StatsListener): () => void {
    this.#listeners.add(listener);
    if (this.#last) listener(this.#frame(this.#last));
    else void this.#read();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#last = undefined;
      this.#shown = undefined;
    };
  }

  /** Never two at once, and none while the one before has no answer. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const shown = await this.#look();
    this.#isReading = false;
    if (this.#listeners.size === 0) return;
    this.#timer = setTimeout(() => void this.#read(), this.#deps.everyMs ?? EVERY_MS);
    const text = JSON.stringify(shown);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#last = shown;
    const frame = this.#frame(shown);
    for (const listener of this.#listeners) listener(frame);
  }

  async #look(): Promise<{ event: string; data: object }> {
    const { queue, producer } = this.#deps.served;
    try {
      return {
        event: 'stats',
        data: { queue: queue.name, jobs: queue.jobs.map(({ name }) => name), ...(await producer.stats()) },
      };
    } catch (error) {
      return { event: 'trouble', data: problemOf(error).problem };
    }
  }

  #frame({ event, data }: { event: string; data: object }): Buffer {
    return eventFrame(event, data, this.#deps.cursor());
  }
}
