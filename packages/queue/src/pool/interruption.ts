import type { HandlerRun } from './handler-run.ts';

/** Aborts all runs of a pool at once, and those that start later too. */
export class Interruption {
  readonly #runs = new Set<HandlerRun>();
  #reason: Error | null = null;

  get reason(): Error | null {
    return this.#reason;
  }

  add(run: HandlerRun): void {
    this.#runs.add(run);
    if (this.#reason) run.interrupt(this.#reason);
  }

  remove(run: HandlerRun): void {
    this.#runs.delete(run);
  }

  raise(reason: Error): void {
    this.#reason ??= reason;
    for (const run of this.#runs) run.interrupt(this.#reason);
  }
}
