import { checkOptions } from '../options/check-options.ts';
import { delayMs, required, text } from '../options/option-rules.ts';
import { OptionError } from './option-errors.ts';
import { describeIssues, type SchemaIssue } from './schema-issue.ts';
import { cancelMessage } from '../cancel-message.ts';
import { SluiceError } from './sluice-error.ts';

/** An attempt reached its deadline. The handler's AbortSignal carries this error as its reason. */
export class JobTimeoutError extends SluiceError {
  static override readonly name = 'JobTimeoutError';
  readonly code = 'SLUICE_JOB_TIMEOUT';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`Timeout after ${timeoutMs / 1_000} ${timeoutMs === 1_000 ? 'second' : 'seconds'}`);
    this.timeoutMs = timeoutMs;
  }
}

/** Throw this from a handler when a retry cannot help: the job becomes a dead letter at once. */
export class PermanentJobError extends SluiceError {
  static override readonly name = 'PermanentJobError';
  readonly code = 'SLUICE_PERMANENT';
}

const laterRules = { delayMs: required(delayMs()), reason: text };

/** Throw this from a handler to give the job back for a while. No attempt is spent. */
export class RetryLaterError extends SluiceError {
  static override readonly name = 'RetryLaterError';
  readonly code = 'SLUICE_RETRY_LATER';
  readonly delayMs: number;

  /**
   * @param later `delayMs`: from 0; fractions are rounded up, and of what is longer than a day a day counts
   * @throws OptionError when the delay is no such number
   */
  constructor(later: { delayMs: number; reason?: string }) {
    checkOptions('RetryLaterError', laterRules, later, OptionError);
    super(later.reason ?? `retry in ${later.delayMs} ms`);
    this.delayMs = later.delayMs;
  }
}

/** A drain ran out of time: the attempt is given back to the queue, no attempt spent. */
export class JobInterruptedError extends SluiceError {
  static override readonly name = 'JobInterruptedError';
  readonly code = 'SLUICE_JOB_INTERRUPTED';
}

/** Somebody cancelled the job while it ran. The handler's AbortSignal carries this error as its reason; the job is not retried. */
export class JobCancelledError extends SluiceError {
  static override readonly name = 'JobCancelledError';
  readonly code = 'SLUICE_JOB_CANCELLED';
  /** Why, as the one who cancelled it said; empty when nothing was said. */
  readonly reason: string;

  constructor(reason: string) {
    super(cancelMessage(reason));
    this.reason = reason;
  }
}

/** A second ack method was called on an attempt: it was acked, nacked or termed before, or has ended in another way. */
export class JobAlreadySettledError extends SluiceError {
  static override readonly name = 'JobAlreadySettledError';
  readonly code = 'SLUICE_JOB_ALREADY_SETTLED';
  readonly jobId: string;

  constructor(jobId: string) {
    super(`the attempt at job ${jobId} has been settled before`);
    this.jobId = jobId;
  }
}

/** The handler's return value does not match the contract's result schema, or does not survive JSON. */
export class ResultInvalidError extends SluiceError {
  static override readonly name = 'ResultInvalidError';
  readonly code = 'SLUICE_RESULT_INVALID';
  readonly contract: string;
  readonly issues: readonly SchemaIssue[];

  constructor(contract: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    super(`result of ${contract} is invalid: ${describeIssues(issues)}`, options);
    this.contract = contract;
    this.issues = issues;
  }
}

/** A batch handler returned something else than a list with one entry for each of its attempts. */
export class BatchResultError extends SluiceError {
  static override readonly name = 'BatchResultError';
  readonly code = 'SLUICE_BATCH_RESULT';
  readonly contract: string;
  /** How many attempts the handler got. */
  readonly attempts: number;

  constructor(contract: string, attempts: number, returned: unknown) {
    const what = Array.isArray(returned) ? `a list of ${returned.length}` : `a value of type ${typeof returned}`;
    super(
      `the batch handler of ${contract} returned ${what} for ${attempts} attempts: it must return nothing, or a list with one entry for each`,
    );
    this.contract = contract;
    this.attempts = attempts;
  }
}

/** The payload was put by a newer version of its contract than this worker has. It is not for this worker to run. */
export class VersionTooNewError extends SluiceError {
  static override readonly name = 'VersionTooNewError';
  readonly code = 'SLUICE_VERSION_TOO_NEW';
  readonly contract: string;
  /** The version that the payload was put with. */
  readonly version: number;
  /** The newest version that is known here. */
  readonly knownVersion: number;

  constructor(contract: string, version: number, knownVersion: number) {
    super(`payload of ${contract} has version ${version}; here only versions up to ${knownVersion} are known`);
    this.contract = contract;
    this.version = version;
    this.knownVersion = knownVersion;
  }
}

/** The lease is no longer ours: another worker has the job, or had it. The late settle was refused. */
export class LeaseLostError extends SluiceError {
  static override readonly name = 'LeaseLostError';
  readonly code = 'SLUICE_LEASE_LOST';
  readonly jobId: string;

  constructor(jobId: string, options?: ErrorOptions) {
    super(`the lease on job ${jobId} is lost`, options);
    this.jobId = jobId;
  }
}

/** The job's worker died with it too often: it is not given to another one. */
export class JobCrashedError extends SluiceError {
  static override readonly name = 'JobCrashedError';
  readonly code = 'SLUICE_JOB_CRASHED';
}

/** The job's `expiresAt` passed before it was done. */
export class JobExpiredError extends SluiceError {
  static override readonly name = 'JobExpiredError';
  readonly code = 'SLUICE_JOB_EXPIRED';

  constructor(expiredAtMs: number) {
    super(`the job expired at ${new Date(expiredAtMs).toISOString()}`);
  }
}

/** What was given to `progress` is no JSON, or larger than its limit. */
export class ProgressInvalidError extends SluiceError {
  static override readonly name = 'ProgressInvalidError';
  readonly code = 'SLUICE_PROGRESS_INVALID';
}

/** This worker cannot run the job: no handler for it, or a payload of a newer version. */
export class JobNotServedError extends SluiceError {
  static override readonly name = 'JobNotServedError';
  readonly code = 'SLUICE_JOB_NOT_SERVED';
}

/** What was given to `extend` is no number of milliseconds above 0. */
export class ExtensionInvalidError extends SluiceError {
  static override readonly name = 'ExtensionInvalidError';
  readonly code = 'SLUICE_EXTENSION_INVALID';
}

/** The job cannot be completed: it waits for children, one of them failed, or its contract refuses what was acked. */
export class CompletionRefusedError extends SluiceError {
  static override readonly name = 'CompletionRefusedError';
  readonly code = 'SLUICE_COMPLETION_REFUSED';
}

/** The thread that a handler ran in is gone. The attempt failed; the pool and its other threads go on. */
export class JobThreadDiedError extends SluiceError {
  static override readonly name = 'JobThreadDiedError';
  readonly code = 'SLUICE_JOB_THREAD_DIED';
  /** `exit`: the handler called `process.exit`. `memory`: it used too much. `error`: it threw where nothing catches. */
  readonly reason: 'exit' | 'memory' | 'error';

  constructor(message: string, reason: JobThreadDiedError['reason'], options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
