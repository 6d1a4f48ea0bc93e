import { PutUnknownError } from '../job/errors/index.ts';
import { producerDefaults } from '../job/defaults.ts';
import { type Payloads, PayloadSource } from './payload-source.ts';
import type { Receipt } from './pending-put.ts';

/** What becomes of each payload of a {@link PutStream}. */
export interface PutStreamSteps<P, R extends Receipt, T> {
  /** Puts it. The signal calls it off. */
  put: (payload: P, index: number, signal: AbortSignal) => Promise<R>;
  /** What the reader gets once the job is in. The signal ends the wait for it. */
  finish: (put: { payload: P; index: number; receipt: R }, signal: AbortSignal) => T | Promise<T>;
  /** What the reader gets instead, when the stream ends before that, or it fails. */
  unfinished: (put: { payload: P; index: number; receipt: R }) => T;
}

export interface PutStreamOptions<P> {
  payloads: Payloads<P>;
  /** The most payloads that are read and not yet given to the reader. */
  window: number;
  /** Whether the reader gets them as they are finished, or in the order of the payloads. */
  order: 'completion' | 'input';
  /** Ends the stream, with its reasons as errors. */
  signals: readonly AbortSignal[];
}

/**
 * Reads payloads, puts them, and gives what becomes of them, each as soon as it is there. It reads ahead of its reader, within a
 * window, and waits for no payload to give what it has.
 *
 * ```
 *   source ──► put ──► finish ──► reader
 *     └──────── window ────────┘
 * ```
 *
 * When the source, a put or a signal ends it with an error, it calls off what has not been sent, gives the reader what is in, and
 * throws then: no receipt is lost. When its reader leaves, it is over once everything sent has been answered.
 *
 * It is no generator function: there, `return` waits for the `next` that came before, and that may wait for capacity.
 */
export class PutStream<P, R extends Receipt, T> implements AsyncGenerator<T, void, undefined> {
  readonly #options: PutStreamOptions<P>;
  readonly #steps: PutStreamSteps<P, R, T>;
  readonly #leaving = new AbortController();
  readonly #readers: PromiseWithResolvers<IteratorResult<T, void>>[] = [];
  readonly #finished: T[] = [];
  /** Finished before one that stands before them. */
  readonly #early = new Map<number, T>();
  #nextInOrder = 0;
  /** Payloads that are read and not yet given to the reader. */
  #unread = 0;
  /** Payloads whose put has not been answered. */
  #unput = 0;
  readonly #running = new Set<Promise<void>>();
  #source: PayloadSource<P> | undefined;
  #feeding: Promise<void> | undefined;
  #fed = false;
  #readOn: (() => void) | undefined;
  readonly #onAbort = (event: Event): void => this.#fail((event.target as AbortSignal).reason);
  #failure: { error: unknown } | undefined;
  #over = false;

  constructor(options: PutStreamOptions<P>, steps: PutStreamSteps<P, R, T>) {
    this.#options = options;
    this.#steps = steps;
  }

  next(): Promise<IteratorResult<T, void>> {
    const reader = Promise.withResolvers<IteratorResult<T, void>>();
    this.#readers.push(reader);
    if (!this.#over) this.#begin();
    this.#deliver();
    return reader.promise;
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#over = true;
    this.#deliver();
    this.#callOff(new Error('the reader has left'));
    await this.#feeding;
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#source?.end();
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    if (this.#feeding) return;
    const { signals } = this.#options;
    for (const signal of signals) signal.addEventListener('abort', this.#onAbort);
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted) this.#fail(aborted.reason);
    this.#feeding = this.#feed().finally(() => {
      this.#fed = true;
      this.#deliver();
    });
  }

  /** Never rejects. */
  async #feed(): Promise<void> {
    const { signal } = this.#leaving;
    try {
      this.#source = new PayloadSource(this.#options.payloads);
      for (let index = 0; !signal.aborted; index += 1) {
        if (!this.#mayRead) await this.#untilMayRead();
        if (signal.aborted) break;
        const read = this.#source.next();
        const step = read instanceof Promise ? await read : read;
        if (step.done) return;
        if (!signal.aborted) this.#start(step.value, index);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#over) await this.#source?.end().catch(() => undefined); // of two errors the first one counts
  }

  get #mayRead(): boolean {
    return this.#unread < this.#options.window && this.#unput < producerDefaults.batchMaxJobs;
  }

  async #untilMayRead(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#readOn = resolve;
    });
  }

  #start(payload: P, index: number): void {
    this.#unread += 1;
    this.#unput += 1;
    const run = this.#run(payload, index).finally(() => {
      this.#running.delete(run);
      this.#deliver();
    });
    this.#running.add(run);
  }

  /** Never rejects. */
  async #run(payload: P, index: number): Promise<void> {
    const { signal } = this.#leaving;
    const receipt = await this.#put(payload, index);
    if (!receipt) return;
    const put = { payload, index, receipt };
    try {
      this.#add(index, await this.#steps.finish(put, signal));
    } catch (error) {
      this.#add(index, this.#steps.unfinished(put));
      this.#fail(error);
    }
  }

  async #put(payload: P, index: number): Promise<R | undefined> {
    try {
      return await this.#steps.put(payload, index, this.#leaving.signal);
    } catch (error) {
      this.#fail(error);
      return undefined;
    } finally {
      this.#unput -= 1;
      if (this.#mayRead) this.#readOn?.();
    }
  }

  #add(index: number, value: T): void {
    if (this.#options.order === 'completion') this.#finished.push(value);
    else this.#early.set(index, value);
    for (let next = this.#early.get(this.#nextInOrder); next !== undefined; next = this.#early.get(this.#nextInOrder)) {
      this.#early.delete(this.#nextInOrder++);
      this.#finished.push(next);
    }
    this.#deliver();
  }

  /** Gives readers what is there, and the end once nothing more can come. */
  #deliver(): void {
    const isDone = this.#fed && this.#running.size === 0;
    if (isDone) this.#closeGaps();
    while (this.#readers.length > 0) {
      const value = this.#over ? undefined : this.#finished.shift();
      if (value === undefined && !this.#over && !isDone) return;
      const reader = this.#readers.shift();
      if (value === undefined) this.#end(reader);
      else {
        this.#unread -= 1;
        reader?.resolve({ value, done: false });
      }
    }
    if (this.#mayRead) this.#readOn?.();
  }

  /** Of those that stand before what is early, some are not in, and nothing of them is to come. */
  #closeGaps(): void {
    const indexes = [...this.#early.keys()].toSorted((a, b) => a - b);
    for (const index of indexes) {
      const value = this.#early.get(index);
      if (value !== undefined) this.#finished.push(value);
    }
    this.#early.clear();
  }

  #end(reader: PromiseWithResolvers<IteratorResult<T, void>> | undefined): void {
    const failure = this.#over ? undefined : this.#failure;
    this.#over = true;
    this.#forgetSignals();
    if (failure) reader?.reject(failure.error);
    else reader?.resolve({ value: undefined, done: true });
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const first = this.#failure;
    if (!first) {
      this.#failure = { error };
      return this.#callOff(error);
    }
    // What may have been added matters more than what ended the stream.
    if (!(error instanceof PutUnknownError) || first.error instanceof PutUnknownError) return;
    this.#failure = { error: new PutUnknownError(error.queue, error.jobId, { cause: first.error }) };
  }

  #callOff(reason: unknown): void {
    this.#forgetSignals();
    this.#leaving.abort(reason);
    this.#source?.giveUp(reason);
    this.#readOn?.();
  }

  #forgetSignals(): void {
    for (const signal of this.#options.signals) signal.removeEventListener('abort', this.#onAbort);
  }
}
