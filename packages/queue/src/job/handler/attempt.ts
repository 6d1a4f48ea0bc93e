import type { JobContract, Payload, ResultInput } from '../contracts/job-contract.ts';
import type { ChildOutcome } from './child-outcome.ts';
import type { Logger } from '../logging/logger.ts';

/** What `ack` takes: the result, which may be left out where the contract has none. */
export type AckArguments<Result> = undefined extends Result ? [result?: Result] : [result: Result];

/**
 * One run of a job by its handler. Safe to destructure and to copy.
 *
 * Returning is the ack, throwing is a failed attempt. A handler may also settle its attempt before it returns, by an ack method:
 * `ack`, `nack` or `term`. The first call counts, and what the handler returns or throws afterwards is ignored. Its promise
 * resolves when the end is written. The handler keeps its slot until it returns, at most to its deadline and grace.
 */
export interface Attempt<C extends JobContract = JobContract> {
  /** The job's id, as its caller gave it, or as it was generated. */
  readonly id: string;
  /** As the contract's schema returns it. */
  readonly payload: Payload<C>;
  /** Which attempt this is, from 1. What was released or lost with its worker is not counted. */
  readonly attempt: number;
  /** How many attempts the job has in all. */
  readonly maxAttempts: number;
  /**
   * The number of this delivery: larger than that of every earlier delivery of any job of the queue, whatever became of
   * the job in between. A store that keeps the largest token it has seen, and refuses smaller ones, is safe from an attempt
   * that was given up and writes all the same. Microseconds since the epoch, or a little more; below 2^53.
   */
  readonly fencingToken: number;
  /**
   * Aborts at the deadline (reason: `JobTimeoutError`), when a drain runs out of time (`JobInterruptedError`), and when
   * the lease is lost (`LeaseLostError`). A handler that is not back within the contract's `graceMs` is given up.
   */
  readonly signal: AbortSignal;
  /** When the signal aborts, in milliseconds since the epoch. Moved by `extend`, and never beyond the job's `expiresAt`. */
  readonly deadlineAtMs: number;
  /** Carries the job's name, id and attempt. */
  readonly log: Logger;
  /**
   * How those children of this job ended that have this contract, in the order in which they were put; none for a job that is not
   * the root or a branch of a flow (`putFlow`). Reads from Redis with each call.
   *
   * @throws ResultInvalidError when a stored result does not match the contract's schema
   */
  children<Child extends JobContract>(job: Child): Promise<ChildOutcome<Child>[]>;
  /**
   * Stores what the job has reached so far, for anybody who looks at it: what JSON holds without a loss, at most 4 KiB of it.
   *
   * @throws LeaseLostError once the attempt has ended.
   * @throws ProgressInvalidError when JSON would lose a part of the value, or it is too large.
   */
  progress(value: unknown): Promise<void>;
  /**
   * Settles the attempt as completed now. The result is checked as a returned one is.
   *
   * @throws CompletionRefusedError when the contract refuses the result: the job is dead then
   * @throws JobAlreadySettledError after another ack method, or once the attempt has ended
   * @throws LeaseLostError when it could not be written: the job runs again
   */
  ack(...result: AckArguments<ResultInput<C>>): Promise<void>;
  /**
   * Gives the job back, no attempt spent: at once, or after `delayMs`. A waiting pool is woken for it. Fractions of a delay are rounded
   * up, and of what is longer than a day a day counts.
   *
   * @throws JobAlreadySettledError, LeaseLostError as {@link ack} does
   * @throws OptionError when the delay is no number from 0, or an option is unknown; the attempt is not settled then
   */
  nack(options?: { delayMs?: number }): Promise<void>;
  /**
   * Ends the job for good, without another attempt: it becomes a dead letter with this reason, code `SLUICE_PERMANENT`.
   *
   * @throws JobAlreadySettledError, LeaseLostError as {@link ack} does
   */
  term(reason: string): Promise<void>;
  /**
   * Moves the deadline, and the lease with it, by `ms`: at most to the contract's `timeoutMaxMs` after the start, and to
   * the job's expiry. What is beyond that is cut off: look at the answer.
   *
   * @returns the new deadline, in milliseconds since the epoch
   * @throws ExtensionInvalidError unless `ms` is a number above 0
   * @throws JobTimeoutError (or whatever the signal aborted with) once the deadline has passed
   * @throws JobAlreadySettledError after an ack method; LeaseLostError when the lease was lost meanwhile
   */
  extend(ms: number): Promise<number>;
}
