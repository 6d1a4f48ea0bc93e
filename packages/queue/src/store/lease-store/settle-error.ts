import { ErrorCode } from '../bullmq.ts';
import { LeaseLostError, CompletionRefusedError } from '../../job/errors/index.ts';

/** Says in our words why BullMQ refused to settle a job. Other errors pass through. */
export function settleError(jobId: string, error: unknown): unknown {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case ErrorCode.JobNotExist:
    case ErrorCode.JobLockNotExist:
    case ErrorCode.JobNotInState:
    case ErrorCode.JobLockMismatch:
      return new LeaseLostError(jobId, { cause: error });
    case ErrorCode.JobPendingChildren:
    case ErrorCode.JobHasFailedChildren:
      return new CompletionRefusedError('the job has children that are unfinished or failed', { cause: error });
    default:
      return error;
  }
}
