import type { JobContract, JobFailure, Result } from '@sluice/queue';

/** An error as it would be stored with the job. */
export interface RunError extends JobFailure {
  /** Null when what was thrown had none. */
  readonly stack: string | null;
}

/** What would become of the job. The set is closed; the names are those of the pool's events. */
export type JobRunEnd<C extends JobContract = JobContract> =
  /** Done. `result` as a caller reads it. */
  | { readonly outcome: 'completed'; readonly result: Result<C> }
  /** A failed attempt; the next one would follow after the delay. */
  | { readonly outcome: 'retried'; readonly error: RunError; readonly delayMs: number }
  /** Given back, no attempt spent: `nack`, `RetryLaterError`, or a drain. */
  | { readonly outcome: 'released'; readonly error: RunError; readonly delayMs: number }
  /** Ended for good without success: the last attempt, `term`, `PermanentJobError`, or a result that the contract refuses. */
  | { readonly outcome: 'dead'; readonly error: RunError }
  /** Its `expiresAt` passed. */
  | { readonly outcome: 'expired'; readonly error: RunError };

/**
 * What ended an attempt: the handler returned or threw, it called an ack method, the signal that the test gave interrupted it
 * (`drain`), or its time was over. `not-run`: the handler was never called, because its payload cannot be read or its module
 * does not load.
 */
export type EndedBy = 'return' | 'throw' | 'ack' | 'nack' | 'term' | 'deadline' | 'drain' | 'expiry' | 'not-run';

/** How one run of a handler went. */
export type JobRun<C extends JobContract = JobContract> = JobRunEnd<C> & {
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  /** How many attempts the job has in all. */
  readonly maxAttempts: number;
  /** What ended it. */
  readonly endedBy: EndedBy;
  /** Whether the handler was not back by the end of its grace, and was given up. */
  readonly abandoned: boolean;
  /** What the handler stored with `progress`, in order. */
  readonly progress: readonly unknown[];
  /** What it asked of `extend`, in milliseconds, in order. */
  readonly extendedMs: readonly number[];
  /** What the handler threw, itself, or why it could not be run; undefined without either. */
  readonly thrown: unknown;
};
