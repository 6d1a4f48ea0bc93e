import { SluiceError } from './sluice-error.ts';

/** Why a job died, or why its last attempt failed. */
export interface JobFailure {
  /** Stable code of what went wrong last, such as `SLUICE_JOB_TIMEOUT`; `ERROR` for an error without a code. */
  code: string;
  /** For people. Not stable. */
  message: string;
}

/** The job ended for good without success. */
export class JobFailedError extends SluiceError {
  static override readonly name = 'JobFailedError';
  readonly code = 'SLUICE_JOB_FAILED';
  readonly jobId: string;
  readonly attempts: number;
  readonly failure: JobFailure;

  constructor(jobId: string, attempts: number, failure: JobFailure) {
    super(`job ${jobId} failed after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${failure.message}`);
    this.jobId = jobId;
    this.attempts = attempts;
    this.failure = failure;
  }
}

/**
 * A newer job took this one's place in a full queue, because that one's put had the policy to do so. Not thrown: it is
 * the code and the message of the dead job.
 */
export class JobDroppedError extends SluiceError {
  static override readonly name = 'JobDroppedError';
  readonly code = 'SLUICE_JOB_DROPPED';
  /** `drop-oldest` or `drop-lowest-priority`. */
  readonly policy: string;

  constructor(policy: string) {
    super(`dropped: the queue was full, and a newer job took its place (${policy})`);
    this.policy = policy;
  }
}

/** The job had not ended when the caller stopped waiting for its result. It goes on, or still waits for a worker. */
export class ResultTimeoutError extends SluiceError {
  static override readonly name = 'ResultTimeoutError';
  readonly code = 'SLUICE_RESULT_TIMEOUT';
  readonly jobId: string;
  readonly waitedMs: number;
  /** Whether a worker had taken the job by the last look at it, less than some two seconds ago; null when Redis could not be asked. */
  readonly isStarted: boolean | null;

  /** @param lately where the queue is, and why the last attempt ended without a result, for the message */
  constructor(jobId: string, waitedMs: number, isStarted: boolean | null = null, lately: LastSeen = {}) {
    super(`job ${jobId} has no result after ${waitedMs} ms${stateOf(isStarted, lately)}`);
    this.jobId = jobId;
    this.waitedMs = waitedMs;
    this.isStarted = isStarted;
  }
}

/** What is known of a job that has no result yet. */
interface LastSeen {
  /** The start of the queue's keys. */
  readonly keys?: string;
  /** Why the attempt before ended without a result. */
  readonly failure?: string | undefined;
}

function stateOf(isStarted: boolean | null, { keys, failure }: LastSeen): string {
  if (failure !== undefined) return `: it is to run again, or runs again, after: ${failure}`;
  if (isStarted === null) return '';
  if (isStarted) return ': a worker has taken it, and it goes on';
  const where = keys === undefined ? '' : `; does a worker serve ${keys} on this Redis?`;
  return `: it still waits, and no worker has taken it${where}`;
}

/** The job is not, or no longer, kept: its result was removed by retention before it was read, or the id was never put. */
export class ResultExpiredError extends SluiceError {
  static override readonly name = 'ResultExpiredError';
  readonly code = 'SLUICE_RESULT_EXPIRED';
  readonly jobId: string;

  constructor(jobId: string) {
    super(
      `the result of job ${jobId} is not kept: it was removed some time after its end, or the id was never put here`,
    );
    this.jobId = jobId;
  }
}

/** Jobs of the queue were still unfinished when the wait for their end was over. They go on. */
export class JoinTimeoutError extends SluiceError {
  static override readonly name = 'JoinTimeoutError';
  readonly code = 'SLUICE_JOIN_TIMEOUT';
  readonly queue: string;
  /** Unfinished jobs at the last look. */
  readonly depth: number;
  readonly waitMs: number;

  constructor(queue: string, depth: number, waitMs: number) {
    super(`queue ${queue} still had ${depth} unfinished ${depth === 1 ? 'job' : 'jobs'} after ${waitMs} ms`);
    this.queue = queue;
    this.depth = depth;
    this.waitMs = waitMs;
  }
}
