import { type Producer, type PutOptions, type Receipt, SluiceError } from '@sluice/queue';
import type { Fact, HistoryRecorder } from '@sluice/testing/history';
import { type chaosQueue, optionsOf, payloadOf, step } from './chaos-queue.ts';

/** Errors that say that nothing was added. After any other error the job may be there. */
const refusals = new Set(['SLUICE_QUEUE_FULL', 'SLUICE_QUEUE_CLOSED', 'SLUICE_REDIS_UNAVAILABLE']);

/** Puts and cancels of one process. The history gets a fact before and after each. */
export class RecordedPuts {
  readonly #producer: Producer<typeof chaosQueue>;
  readonly #name: string;
  readonly #history: HistoryRecorder;
  readonly #ending: AbortSignal;

  /** @param ending puts that wait for capacity give up when it aborts */
  constructor(producer: Producer<typeof chaosQueue>, name: string, history: HistoryRecorder, ending: AbortSignal) {
    this.#producer = producer;
    this.#name = name;
    this.#history = history;
    this.#ending = ending;
  }

  put(tag: string, options: PutOptions): Promise<void> {
    return this.#recordEnd(tag, this.#send(tag, { id: tag, ...options }));
  }

  putWithoutId(tag: string): Promise<void> {
    return this.#recordEnd(tag, this.#send(tag, {}));
  }

  /** One call for all. A job without an answer may be there. */
  async putMany(tags: readonly string[]): Promise<void> {
    for (const tag of tags) this.#record({ type: 'put-sent', ...this.#about(tag) });
    const left = [...tags];
    const options = { id: ({ tag }: { tag: string }) => tag, waitMs: 10_000, signal: this.#ending };
    try {
      for await (const { id, status } of this.#producer.putMany(step, tags.map(payloadOf), options)) {
        left.splice(left.indexOf(id), 1);
        this.#record({ type: 'put-answered', ...this.#about(id), status });
      }
    } catch (error) {
      for (const tag of left) this.#record({ type: 'put-unknown', ...this.#about(tag), code: this.#codeOf(error) });
    }
  }

  async cancel(id: string): Promise<void> {
    this.#record({ type: 'cancel-sent', ...this.#about(id) });
    try {
      const answer = await this.#producer.cancel(id, { waitMs: 0 });
      this.#record({ type: 'cancel-answered', ...this.#about(id), answer });
    } catch (error) {
      this.#codeOf(error); // the result is unknown
    }
  }

  #send(tag: string, options: PutOptions): Promise<Receipt> {
    this.#record({ type: 'put-sent', ...this.#about(tag) });
    const signal = options.signal ? AbortSignal.any([options.signal, this.#ending]) : this.#ending;
    return this.#producer.put(step, payloadOf(tag), { ...optionsOf(tag), ...options, signal });
  }

  async #recordEnd(tag: string, put: Promise<Receipt>): Promise<void> {
    try {
      const { status } = await put;
      this.#record({ type: 'put-answered', ...this.#about(tag), status });
    } catch (error) {
      const code = this.#codeOf(error);
      const isRefused = refusals.has(code) || code === aborted;
      this.#record({ type: isRefused ? 'put-refused' : 'put-unknown', ...this.#about(tag), code });
    }
  }

  /** @throws any error that a producer should never reject with */
  #codeOf(error: unknown): string {
    if (error instanceof SluiceError) return error.code;
    if (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
      return aborted;
    }
    throw error;
  }

  #about(tag: string): { id: string; producer: string } {
    return { id: tag, producer: this.#name };
  }

  #record(fact: Fact): void {
    this.#history.record(fact);
  }
}

/** A put whose signal aborted while it waited rejects with the signal's reason: nothing was added. */
const aborted = 'aborted';
