import { pause } from '../job/pause.ts';

const BATCH_MAX = 100;
// A batch is one run of a script, which holds up everybody else's calls.
const BATCHES_PER_SECOND = 50;

/** Spreads batches over time. */
export class Pace {
  readonly #ratePerSecond: number;
  #dueAtMs = performance.now();

  constructor(ratePerSecond: number) {
    this.#ratePerSecond = ratePerSecond;
  }

  get batchMax(): number {
    return Math.min(BATCH_MAX, Math.ceil(this.#ratePerSecond / BATCHES_PER_SECOND));
  }

  /** Until the next batch may go. False when the signal aborts before. */
  async wait(signal: AbortSignal | undefined): Promise<boolean> {
    const leftMs = this.#dueAtMs - performance.now();
    if (leftMs > 0) await pause(leftMs, signal);
    return !signal?.aborted;
  }

  /** A run that was held up does not make up for it by a burst. */
  spend(jobs: number): void {
    const latestMs = performance.now() - 1_000 / BATCHES_PER_SECOND;
    this.#dueAtMs = Math.max(this.#dueAtMs, latestMs) + (jobs * 1_000) / this.#ratePerSecond;
  }
}
