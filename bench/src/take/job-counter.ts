/** Counts the jobs of a run: each handled once, all completed. */
export class JobCounter {
  readonly #handled: Uint8Array;
  readonly #all = Promise.withResolvers<void>();
  #left: number;

  constructor(jobs: number) {
    this.#handled = new Uint8Array(jobs);
    this.#left = jobs;
  }

  /** A handler has this job. The run fails when there is no such job, or when it was handled before. */
  handle(n: number): void {
    const before = this.#handled[n];
    if (before === 0) this.#handled[n] = 1;
    else this.#all.reject(new Error(before === 1 ? `job ${n} ran twice` : `there is no job ${n}`));
  }

  /** Redis has a job as completed. */
  complete(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    if (this.#handled.includes(0)) this.#all.reject(new Error(`job ${this.#handled.indexOf(0)} never ran`));
    else this.#all.resolve();
  }

  /** Resolves when all are completed. */
  async all(): Promise<void> {
    await this.#all.promise;
  }
}
