import { pause } from '../job/pause.ts';

/** Until when a drain waits. It can be brought forward at any time, never moved back. */
export class DrainDeadline {
  readonly #over = new AbortController();
  #endsAtMs = Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** Aborts at the deadline. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  endIn(ms: number): void {
    const endsAtMs = performance.now() + ms;
    if (endsAtMs >= this.#endsAtMs) return;
    this.#endsAtMs = endsAtMs;
    clearTimeout(this.#timer);
    if (ms <= 0) return this.end();
    this.#timer = setTimeout(() => this.end(), ms);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#over.abort();
  }

  /** Resolves after `ms`, or at the deadline. */
  pause(ms: number): Promise<void> {
    return pause(Math.max(ms, 1), this.signal);
  }
}
