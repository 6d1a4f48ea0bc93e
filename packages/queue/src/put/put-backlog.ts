import { limits } from '../job/contracts/limits.ts';
import type { PendingPut } from './pending-put.ts';

/** So many entries of puts that have left may lie in the list, or as many as there are others. */
const GONE_MOST = 1_000;

/**
 * The puts of one producer that stand behind its tickets, in the order of their arrival. There may be hundreds of thousands:
 * to take the next ones, to call one off or to end its wait costs the same however many they are.
 *
 * ```
 *   #puts:  gone gone | waits gone waits waits | does not know gone does not know
 *                   #head                    #aware
 * ```
 */
export class PutBacklog {
  readonly #mayWait: (put: PendingPut) => boolean;
  #puts: PendingPut[] = [];
  /** What lies before it was taken. */
  #head = 0;
  /** The puts before this index know that there is no free capacity. */
  #aware = 0;
  /** Those who are there, with the timer that ends the wait. */
  readonly #timers = new Map<PendingPut, NodeJS.Timeout | undefined>();
  #waiting = 0;

  /** @param mayWait whether a put may wait on; if not, it rejects it. Asked when its time is up, and before one from a handler waits. */
  constructor(mayWait: (put: PendingPut) => boolean) {
    this.#mayWait = mayWait;
  }

  /** How many know that there is no free capacity. */
  get waiting(): number {
    return this.#waiting;
  }

  add(put: PendingPut): void {
    this.#puts.push(put);
    this.#timers.set(put, undefined);
  }

  /** There is no free capacity for those before them, and so for none who is there now. */
  makeWait(): void {
    for (; this.#aware < this.#puts.length; this.#aware += 1) {
      const put = this.#puts[this.#aware];
      if (!put || !this.#timers.has(put)) continue;
      // For all others only their time counts, which has just begun.
      if (put.deadlockGuard && !this.#mayWait(put)) this.#drop(put);
      else this.#beginWait(put);
    }
  }

  /** Takes the next ones: at most `most`, and at most `mostBytes` unless the first alone is larger. */
  take(most: number, mostBytes: number): PendingPut[] {
    const taken: PendingPut[] = [];
    let bytes = 0;
    for (; this.#head < this.#puts.length; this.#head += 1) {
      const put = this.#puts[this.#head];
      if (!put || !this.#timers.has(put)) continue;
      bytes += put.job.bytes;
      if (taken.length === most || (taken.length > 0 && bytes > mostBytes)) break;
      taken.push(put);
    }
    this.#aware = Math.max(this.#aware, this.#head);
    this.remove(taken);
    return taken;
  }

  /** Lets go of those of these puts that are there. */
  remove(puts: readonly PendingPut[]): void {
    for (const put of puts) this.#drop(put);
    if (this.#puts.length > 2 * this.#timers.size + GONE_MOST) this.#compact();
  }

  /** Takes all. */
  removeAll(): PendingPut[] {
    const all = this.#puts.filter((put) => this.#timers.has(put));
    this.remove(all);
    return all;
  }

  #beginWait(put: PendingPut): void {
    put.waited = true;
    this.#waiting += 1;
    this.#setTimer(put);
  }

  #setTimer(put: PendingPut): void {
    if (put.until === Infinity) return;
    const leftMs = put.until - performance.now() + 1;
    const timer = setTimeout(() => this.#timeIsUp(put), Math.min(Math.max(leftMs, 1), limits.waitMaxMs));
    this.#timers.set(put, timer);
  }

  #timeIsUp(put: PendingPut): void {
    if (this.#mayWait(put)) this.#setTimer(put);
    else this.remove([put]);
  }

  #drop(put: PendingPut): void {
    clearTimeout(this.#timers.get(put));
    if (this.#timers.delete(put) && put.waited) this.#waiting -= 1;
  }

  /** Those who wait come before those who do not know. */
  #compact(): void {
    this.#puts = this.#puts.filter((put) => this.#timers.has(put));
    this.#head = 0;
    this.#aware = this.#waiting;
  }
}
