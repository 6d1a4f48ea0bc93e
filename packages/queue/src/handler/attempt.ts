import type { JobContract, Logger, Payload } from '@sluice/shared';

/** One run of a job by its handler. Safe to destructure. */
export interface Attempt<C extends JobContract = JobContract> {
  /** The job's id, as its caller gave it, or as it was generated. */
  readonly id: string;
  readonly payload: Payload<C>;
  /** Which attempt this is, from 1. What was released or lost with its worker is not counted. */
  readonly attempt: number;
  /** How many attempts the job has in all. */
  readonly maxAttempts: number;
  /**
   * The number of this delivery: larger than that of every earlier delivery of any job of the queue, whatever became of
   * the job in between. A store that keeps the largest fence it has seen, and refuses smaller ones, is safe from an attempt
   * that was given up and writes all the same. Microseconds since the epoch, or a little more; below 2^53.
   */
  readonly fence: number;
  /**
   * Aborts at the deadline (reason: `JobTimeoutError`), when a drain runs out of patience (`JobInterruptedError`), and when
   * the lease is lost (`LeaseLostError`). A handler that is not back within the contract's `graceMs` is given up.
   */
  readonly signal: AbortSignal;
  /** When the signal aborts, in milliseconds since the epoch. */
  readonly deadline: number;
  /** Carries the job's name, id and attempt. */
  readonly log: Logger;
  /**
   * Stores what the job has reached so far, for whoever looks at it. JSON of at most 4 KiB.
   *
   * @throws LeaseLostError once the attempt has ended.
   * @throws ProgressInvalidError when the value is no JSON, or too large.
   */
  progress(value: unknown): Promise<void>;
}
