export interface RefusalCountsOptions {
  /** The most jobs that are remembered; the one not heard of for the longest is forgotten. Default 10,000. */
  jobsMax?: number;
}

/** Remembers how often the host of a job refused it. One per process. */
export class RefusalCounts {
  readonly #jobsMax: number;
  /** In the order in which the jobs were last refused. */
  readonly #counts = new Map<string, number>();

  constructor({ jobsMax = 10_000 }: RefusalCountsOptions = {}) {
    this.#jobsMax = jobsMax;
  }

  /** @returns how often the job has been refused, this time included. */
  add(jobId: string): number {
    const count = (this.#counts.get(jobId) ?? 0) + 1;
    this.#counts.delete(jobId);
    this.#counts.set(jobId, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > this.#jobsMax && oldest !== undefined) this.#counts.delete(oldest);
    return count;
  }

  /** The job has ended. */
  forget(jobId: string): void {
    this.#counts.delete(jobId);
  }
}
