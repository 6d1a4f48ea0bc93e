import { SluiceError } from '@sluice/shared';

/** The job's worker died with it too often: it is not given to another one. */
export class JobCrashedError extends SluiceError {
  readonly code = 'SLUICE_JOB_CRASHED';
}

/** The job's `expiresAt` passed before it was done. */
export class JobExpiredError extends SluiceError {
  readonly code = 'SLUICE_JOB_EXPIRED';

  constructor(expiredAtMs: number) {
    super(`the job expired at ${new Date(expiredAtMs).toISOString()}`);
  }
}

/** What was given to `progress` is no JSON, or larger than its limit. */
export class ProgressInvalidError extends SluiceError {
  readonly code = 'SLUICE_PROGRESS_INVALID';
}

/** This worker cannot run the job: no handler for it, or a payload of a newer version. */
export class JobNotServedError extends SluiceError {
  readonly code = 'SLUICE_JOB_NOT_SERVED';
}

/** What was given to `extend` is no number of milliseconds above 0. */
export class ExtensionInvalidError extends SluiceError {
  readonly code = 'SLUICE_EXTENSION_INVALID';
}

/** The job cannot be completed: it waits for children, one of them failed, or its contract refuses what was acked. */
export class CompletionRefusedError extends SluiceError {
  readonly code = 'SLUICE_COMPLETION_REFUSED';
}

/** The thread that a handler ran in is gone. The attempt failed; the pool and its other threads go on. */
export class JobThreadDiedError extends SluiceError {
  readonly code = 'SLUICE_JOB_THREAD_DIED';
  /** `exit`: the handler called `process.exit`. `memory`: it used too much. `error`: it threw where nobody catches. */
  readonly reason: 'exit' | 'memory' | 'error';

  constructor(message: string, reason: JobThreadDiedError['reason'], options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
