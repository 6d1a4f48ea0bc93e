import { outsideContext } from '../job/outside-context.ts';
import type { PendingPut } from './pending-put.ts';
import { PutList } from './put-list.ts';

export interface PutDeadlinesOptions {
  /** How long a put waits for Redis. */
  readonly unavailableMs: number;
  /** When Redis last answered; monotonic. */
  readonly answeredAtMs: () => number;
  /** Ends a put that Redis has left without an answer for so long. */
  readonly onOverdue: (put: PendingPut) => void;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
}

/**
 * Limits how long each put waits while Redis does not answer: from its own arrival, however many stand before it and whether it was
 * sent. While Redis answers, puts that are not sent yet wait for their turn, however long the others take.
 */
export class PutDeadlines {
  readonly #unavailableMs: number;
  readonly #answeredAtMs: () => number;
  readonly #onOverdue: (put: PendingPut) => void;
  readonly #now: () => number;
  /** In the order of their arrival, which is the order of their deadlines. */
  readonly #puts = new PutList<PendingPut>('deadlineLinks');
  #timer: NodeJS.Timeout | undefined;

  constructor({ unavailableMs, answeredAtMs, onOverdue, now = () => performance.now() }: PutDeadlinesOptions) {
    this.#unavailableMs = unavailableMs;
    this.#answeredAtMs = answeredAtMs;
    this.#onOverdue = onOverdue;
    this.#now = now;
  }

  add(put: PendingPut): void {
    this.#puts.add(put);
    this.#timer ??= this.#setTimer(put);
  }

  /** The put has ended. The timer keeps running and checks what is left when it fires, which costs less than setting it again. */
  remove(put: PendingPut): void {
    this.#puts.remove(put);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#puts.takeAll();
  }

  #setTimer(next: PendingPut): NodeJS.Timeout {
    const leftMs = Math.max(this.#dueAt(next) - this.#now(), 0) + 1;
    // The connection keeps the process alive while a put waits; this timer need not.
    return outsideContext(() => setTimeout(() => this.#look(), leftMs)).unref();
  }

  #look(): void {
    this.#timer = undefined;
    for (let put = this.#puts.first; put; put = this.#puts.first) {
      if (this.#dueAt(put) > this.#now()) {
        this.#timer = this.#setTimer(put);
        return;
      }
      this.#puts.remove(put);
      this.#onOverdue(put);
    }
  }

  #dueAt({ since }: PendingPut): number {
    return Math.max(since, this.#answeredAtMs()) + this.#unavailableMs;
  }
}
