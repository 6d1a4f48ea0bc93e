import type { PlainBatchHandler } from '../../job/handler/handler-registry.ts';
import { BatchCall } from './batch-call.ts';

/** A job that was taken, and waits for its batch to start. */
interface Waiting {
  start(call: BatchCall): void;
}

interface Gathering {
  readonly waiting: Waiting[];
  /** Cancels the timer that starts what has been gathered. There while any wait. */
  stopTimer: (() => void) | undefined;
}

/**
 * Gathers the jobs of a pool's batch handlers until a batch is full, its first job has waited long enough, or no other job
 * can come: the pool has no slot left that is not gathering, or takes no more jobs.
 *
 * ```
 *   join ──► waiting ── full, late, no slot left, or hurried ──► one BatchCall for all of them
 *              └── called off: removed
 * ```
 */
export class Batches {
  readonly #slots: { readonly total: number };
  readonly #gathering = new Map<PlainBatchHandler, Gathering>();
  #isHurried = false;

  /** @param slots how many jobs the pool can hold */
  constructor(slots: { readonly total: number }) {
    this.#slots = slots;
  }

  /**
   * Waits until the job's batch starts.
   *
   * @param isAlone whether it must be the only one in its batch
   * @throws the signal's reason when it aborts first
   */
  join(handler: PlainBatchHandler, signal: AbortSignal, isAlone: boolean): Promise<BatchCall> {
    if (isAlone) return Promise.resolve(new BatchCall(handler, 1));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: (call) => {
          signal.removeEventListener('abort', callOff);
          resolve(call);
        },
      };
      const callOff = (): void => {
        this.#remove(handler, waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', callOff, { once: true });
      this.#add(handler, waiting);
    });
  }

  /** No more jobs come: from now on nothing waits for them. */
  hurry(): void {
    this.#isHurried = true;
    this.#startAll();
  }

  #add(handler: PlainBatchHandler, waiting: Waiting): void {
    const gathering = this.#gathering.get(handler) ?? { waiting: [], stopTimer: undefined };
    this.#gathering.set(handler, gathering);
    gathering.waiting.push(waiting);
    if (gathering.waiting.length >= handler.size) return this.#start(handler, gathering);
    if (this.#waiting >= this.#slots.total) return this.#startAll();
    gathering.stopTimer ??= this.#startLater(handler, gathering);
  }

  /** Jobs of one take join in one turn of the event loop: they share a batch in any case. */
  #startLater(handler: PlainBatchHandler, gathering: Gathering): () => void {
    const start = (): void => this.#start(handler, gathering);
    if (this.#isHurried || handler.waitMs === 0) {
      const immediate = setImmediate(start);
      return () => clearImmediate(immediate);
    }
    const timeout = setTimeout(start, handler.waitMs);
    return () => clearTimeout(timeout);
  }

  get #waiting(): number {
    let count = 0;
    for (const { waiting } of this.#gathering.values()) count += waiting.length;
    return count;
  }

  #startAll(): void {
    for (const [handler, gathering] of this.#gathering) this.#start(handler, gathering);
  }

  #start(handler: PlainBatchHandler, gathering: Gathering): void {
    stopTimer(gathering);
    const batch = gathering.waiting.splice(0);
    if (batch.length === 0) return;
    const call = new BatchCall(handler, batch.length);
    for (const each of batch) each.start(call);
  }

  #remove(handler: PlainBatchHandler, waiting: Waiting): void {
    const gathering = this.#gathering.get(handler);
    const at = gathering?.waiting.indexOf(waiting) ?? -1;
    if (!gathering || at < 0) return;
    gathering.waiting.splice(at, 1);
    if (gathering.waiting.length === 0) stopTimer(gathering);
  }
}

function stopTimer(gathering: Gathering): void {
  gathering.stopTimer?.();
  gathering.stopTimer = undefined;
}
