import { ErrorCode } from 'bullmq';
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

/** What a code of complete-jobs.lua means for the job: null for completed, `needs-bullmq-script` for one that BullMQ's script must complete. */
export function settleRefusal(jobId: string, code: number): Error | 'needs-bullmq-script' | null {
  if (code === 0) return null;
  if (code === 1) return 'needs-bullmq-script';
  const refused = Object.assign(new Error(`the job cannot be completed (${code})`), { code });
  const error = settleError(jobId, refused);
  return error instanceof Error ? error : refused;
}
