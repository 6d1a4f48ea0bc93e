import type { RedisMeter } from '../redis-meter.ts';

const lookEveryMs = 25;

/** Looks often at how much Redis has allocated, and keeps the most. */
export class MemoryMonitor implements AsyncDisposable {
  readonly #meter: RedisMeter;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #peakBytes = 0;

  constructor(meter: RedisMeter) {
    this.#meter = meter;
    this.#timer = setInterval(() => (this.#looking = this.#look()), lookEveryMs);
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#peakBytes = Math.max(this.#peakBytes, await this.#meter.memoryBytes());
  }
}
