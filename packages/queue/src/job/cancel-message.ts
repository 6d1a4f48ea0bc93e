/** What the dead letter of a cancelled job says. In a file of its own: the lease thread must not load all errors. */
export function cancelMessage(reason: string): string {
  return reason === '' ? 'the job was cancelled' : `the job was cancelled: ${reason}`;
}

/** The code of a cancelled job. */
export const CANCELLED_CODE = 'SLUICE_JOB_CANCELLED';
