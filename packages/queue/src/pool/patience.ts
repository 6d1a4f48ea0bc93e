import { pause } from '../job/pause.ts';

/** How much longer somebody waits. It can be shortened at any time, never lengthened. */
export class Patience {
  readonly #over = new AbortController();
  #endsAtMs = Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** Aborts when patience is over. */
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

  /** Resolves after so long, or when patience is over. */
  pause(ms: number): Promise<void> {
    return pause(Math.max(ms, 1), this.signal);
  }
}
