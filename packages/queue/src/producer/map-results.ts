import type { JobContract, PayloadInput } from '@sluice/shared';
import { producerDefaults } from '../defaults.ts';
import type { Settled } from '../results/settled.ts';
import { optionsOfOne, type PutManyOptions, type PutOne } from './put-many.ts';
import type { Receipt } from './receipt.ts';

export interface MapOptions<P> extends PutManyOptions<P> {
  /** The most jobs that are put and not yet yielded. Default 1,000, and never over half of what the queue keeps. */
  window?: number;
  /** `completion`: as they end. `input`: in the order of the payloads. Default `completion`. */
  order?: 'completion' | 'input';
}

/** How one of the payloads ended. */
export type Mapped<C extends JobContract> = Settled<C> & {
  /** Position of the payload, from 0. */
  index: number;
  payload: PayloadInput<C>;
  receipt: Receipt<C['name']>;
};

export interface MapSteps<C extends JobContract> {
  put: PutOne<PayloadInput<C>, C['name']>;
  settled: (receipt: Receipt<C['name']>, signal: AbortSignal) => Promise<Settled<C>>;
}

type Source<P> = Iterable<P> | AsyncIterable<P>;

/** Reads payloads, puts them and collects how they end, within a window, until the reader leaves or all are done. */
export async function* mapResults<C extends JobContract>(
  steps: MapSteps<C>,
  payloads: Source<PayloadInput<C>>,
  options: MapOptions<PayloadInput<C>> & { window: number },
): AsyncGenerator<Mapped<C>, void, undefined> {
  const { window, order = 'completion', ...each } = options;
  const leaving = new AbortController();
  const signal = each.signal ? AbortSignal.any([each.signal, leaving.signal]) : leaving.signal;
  const ended = new EndedJobs<Mapped<C>>(order);
  const room = new Room(window);
  const unadmitted = new Room(producerDefaults.runMaxJobs);

  const runOne = async (payload: PayloadInput<C>, index: number): Promise<void> => {
    try {
      const receipt = await steps
        .put(payload, { ...optionsOfOne(each, payload, index), signal })
        .finally(() => unadmitted.give());
      ended.add(index, { ...(await steps.settled(receipt, signal)), index, payload, receipt });
    } catch (error) {
      ended.fail(error);
    }
  };
  const feed = async (): Promise<void> => {
    let index = 0;
    for await (const payload of payloads) {
      await Promise.all([room.take(signal), unadmitted.take(signal)]);
      signal.throwIfAborted(); // the reader may have left in between
      ended.expect(index + 1);
      void runOne(payload, index++);
    }
    ended.close();
  };

  feed().catch((error: unknown) => ended.fail(error));
  try {
    for (;;) {
      const next = await ended.next();
      if (!next) return;
      yield next;
      room.give();
    }
  } finally {
    leaving.abort();
  }
}

/** A count of places that can be waited for, first come first served. */
class Room {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const give = (): void => reject(signal.reason);
    signal.addEventListener('abort', give, { once: true });
    this.#waiting.push(resolve);
    await promise.finally(() => signal.removeEventListener('abort', give));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/** Where ended jobs wait for their reader. */
class EndedJobs<T> {
  readonly #order: 'completion' | 'input';
  readonly #ready: T[] = [];
  readonly #early = new Map<number, T>();
  #nextIndex = 0;
  #expected = 0;
  #read = 0;
  #closed = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(order: 'completion' | 'input') {
    this.#order = order;
  }

  /** So many jobs have been started in all. */
  expect(count: number): void {
    this.#expected = count;
  }

  /** No more will be started. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  add(index: number, value: T): void {
    if (this.#order === 'completion') this.#ready.push(value);
    else this.#early.set(index, value);
    for (let due = this.#early.get(this.#nextIndex); due !== undefined; due = this.#early.get(this.#nextIndex)) {
      this.#early.delete(this.#nextIndex++);
      this.#ready.push(due);
    }
    this.#wake?.();
  }

  /** The next one for the reader; undefined when all were read. Throws the first failure. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const value = this.#ready.shift();
      if (value !== undefined) {
        this.#read += 1;
        return value;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#closed && this.#read === this.#expected) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
