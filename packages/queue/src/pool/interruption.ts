/** What can be aborted: a run, or the wait for one. */
export interface Interruptible {
  interrupt(reason: Error): void;
}

/** Aborts all runs of a pool at once, and those that start later too. */
export class Interruption {
  readonly #runs = new Set<Interruptible>();
  #reason: Error | null = null;

  get reason(): Error | null {
    return this.#reason;
  }

  add(run: Interruptible): void {
    this.#runs.add(run);
    if (this.#reason) run.interrupt(this.#reason);
  }

  remove(run: Interruptible): void {
    this.#runs.delete(run);
  }

  raise(reason: Error): void {
    this.#reason ??= reason;
    for (const run of this.#runs) run.interrupt(this.#reason);
  }
}
