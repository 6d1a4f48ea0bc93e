import type { JobCancelledError, LeaseLostError } from '../../job/errors/index.ts';
import type { Delivery } from '../../job/delivery.ts';
import type { AttemptOutcome } from '../../job/attempt-outcome.ts';
import type { LeaseHold } from '../../store/lease-store/lease-details.ts';

/** How long an attempt may last. */
export interface AttemptLimit {
  /** Its deadline, from its start: what a timeout names. */
  readonly timeoutMs: number;
  /** From now to the end of deadline and grace. */
  readonly leftMs: number;
}

/** One lease (BullMQ: a lock on a job) as this pool believes it to be. Times are monotonic. */
export interface Lease {
  readonly delivery: Delivery;
  /** Before this the lease is surely held, unless it was removed. */
  readonly heldUntilMs: number;
  /** Whether it surely lasts until the lease thread has renewed it. Not so when the answer to the take was long on its way. */
  readonly isFresh: boolean;
  /** How long it is worth trying to write the attempt's end, when Redis answers and refuses. */
  readonly retrySettleUntilMs: number;
  /** The same while Redis is away: a lease that ran out meanwhile can be taken back when it answers again. */
  readonly retryOutageUntilMs: number;
  /** Called once when the lease is lost while the attempt runs. */
  onLost: (error: LeaseLostError) => void;
  /** Called when somebody cancels the job. */
  onCancelled: (error: JobCancelledError) => void;
  /** Set once that has happened. */
  readonly cancelledBy: JobCancelledError | null;
  /** Called when the lease thread has ended the attempt as timed out, because the pool had not in time. */
  onTimedOut: () => void;
  /** Before the attempt's end is written. False: the lease thread writes it, see {@link settledByWatchdog}. */
  claim(): boolean;
  /** How the lease thread ended the attempt; pending for ever when it does not. */
  readonly settledByWatchdog: Promise<{ readonly outcome: AttemptOutcome; readonly written: boolean } | null>;
  /** Asks Redis whether the lease is still ours; one that merely ran out is taken back. */
  confirm(): Promise<LeaseHold>;
}
