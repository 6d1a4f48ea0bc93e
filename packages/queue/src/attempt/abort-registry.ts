/** What can be aborted: a run, or the wait for one. */
export interface Interruptible {
  interrupt(reason: Error): void;
  /** Its index in the {@link AbortRegistry}, which keeps it. */
  index: number;
}

/** The index of one that cannot be interrupted: it has not begun, or is over. */
export const NOT_LISTED = -1;

/** Aborts all runs of a pool at once, and those that start later too. */
export class AbortRegistry {
  // No Set: one that changes with every job keeps the jobs before it in memory, so that the garbage collector moves them twice.
  readonly #runs: Interruptible[] = [];
  #reason: Error | null = null;

  get reason(): Error | null {
    return this.#reason;
  }

  add(run: Interruptible): void {
    run.index = this.#runs.push(run) - 1;
    if (this.#reason) run.interrupt(this.#reason);
  }

  remove(run: Interruptible): void {
    const { index } = run;
    if (this.#runs[index] !== run) return;
    run.index = NOT_LISTED;
    const last = this.#runs.pop();
    if (!last || last === run) return;
    this.#runs[index] = last;
    last.index = index;
  }

  abortAll(reason: Error): void {
    this.#reason ??= reason;
    // From the end: one that is removed meanwhile is replaced by one that has been asked.
    for (let at = this.#runs.length - 1; at >= 0; at -= 1) this.#runs[at]?.interrupt(this.#reason);
  }
}
