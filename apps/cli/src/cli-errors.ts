import { SluiceError } from '@sluice/queue/contracts';

/** The command was called in a way that cannot work: nothing was started. Exit code 2. */
export class UsageError extends SluiceError {
  readonly code = 'SLUICE_USAGE';
}

/** Redis has no such queue, or the queue keeps no such job. Exit code 5. */
export class NotFoundError extends SluiceError {
  readonly code = 'SLUICE_NOT_FOUND';
}

/** Results could not be written. What was written stays, and the same command goes on after it. Exit code 3. */
export class OutputFailedError extends SluiceError {
  readonly code = 'SLUICE_OUTPUT';
  /** The reader of the pipe that results went to is gone, as with `| head`. */
  readonly readerGone: boolean;

  constructor(where: string, cause: NodeJS.ErrnoException) {
    super(`cannot write results to ${where}: ${describeCause(cause)}`, { cause });
    this.readerGone = cause.code === 'EPIPE';
  }
}

/**
 * This machine is short of file descriptors, processes, memory or disk space. The message says of what, and what to do. What was
 * fetched stays, and the same command goes on after it. Exit code 3.
 */
export class ShortageError extends SluiceError {
  readonly code = 'SLUICE_SHORTAGE';
}

/** Worker processes die as fast as they are started. Exit code 3. */
export class WorkersFailedError extends SluiceError {
  readonly code = 'SLUICE_WORKERS';

  constructor(deaths: number, how: string, lastLines: readonly string[], options?: ErrorOptions) {
    const log = lastLines.length > 0 ? `\nits last lines:\n${lastLines.map((line) => `  ${line}`).join('\n')}` : '';
    super(`a worker process died ${deaths} times in a row right after its start, last with ${how}${log}`, options);
  }
}

/** The private Redis of a run died more often than it is worth restarting. Exit code 3. */
export class LocalRedisFailedError extends SluiceError {
  readonly code = 'SLUICE_LOCAL_REDIS_FAILED';

  constructor(deaths: number, options?: ErrorOptions) {
    super(`the private Redis of this run died ${deaths} times`, options);
  }
}

function describeCause(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOSPC') return 'the disk is full';
  if (cause.code === 'EDQUOT') return 'the disk quota is used up';
  if (cause.code === 'EPIPE') return 'its reader is gone';
  return cause.message;
}
