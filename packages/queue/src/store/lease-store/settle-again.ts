import { pause } from '../../job/pause.ts';
import type { LeaseHold } from './lease-details.ts';

/** How an attempt's end is written, for {@link settleAgain}. */
export interface SettleCalls {
  /** Writes the end. */
  write(): Promise<unknown>;
  /** Whether a try failed because the lease is no longer ours. After any other error nothing is known about what became of it. */
  isLeaseLost(error: unknown): boolean;
  /** Reacquires a lease that only ran out, unless another worker has the job. */
  reacquire(): Promise<LeaseHold>;
  /** Whether a try whose answer was lost did write the end. @param sentAtMs when the try that was refused was sent; monotonic */
  wasRecorded(sentAtMs: number): Promise<boolean>;
  /** Called after a try that failed. @returns whether to go on */
  isWorth(error: unknown): boolean;
}

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;
/** How often a lease that ran out is reacquired for the same settle. */
const REACQUIRES_MAX = 3;

/**
 * Goes on with a settle whose first try failed, for as long as that is worth it: what a handler has done shall not be done twice.
 * The lease may run out while Redis is away; when Redis answers again it is reacquired for a moment, to write the end.
 *
 * @param error of the first try
 * @param sentAtMs when that was sent; monotonic
 * @returns false when the lease was lost first
 * @throws the last error, when it is not worth it any more
 */
export async function settleAgain(calls: SettleCalls, error: unknown, sentAtMs: number): Promise<boolean> {
  let isUncertain = false;
  let reacquires = 0;
  let pauseMs = PAUSE_MIN_MS;
  for (;;) {
    let holds: LeaseHold = 'unknown';
    if (calls.isLeaseLost(error)) {
      holds = reacquires < REACQUIRES_MAX ? await calls.reacquire() : 'lost';
      if (holds === 'lost' && !isUncertain) return false;
    } else isUncertain = true; // the call may have been executed, and only its answer lost
    try {
      if (holds === 'lost') return await calls.wasRecorded(sentAtMs);
    } catch (thrown) {
      error = thrown;
    }
    if (holds === 'held') reacquires += 1;
    else if (calls.isWorth(error)) {
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
    } else throw error;
    sentAtMs = performance.now();
    try {
      await calls.write();
      return true;
    } catch (thrown) {
      error = thrown;
    }
  }
}
