import type { FailureRecord } from './failure-record.ts';

/** How an attempt ends. The set is closed; each outcome is one call to the store. */
export type AttemptOutcome =
  /** Done. `result` is JSON. */
  | { readonly kind: 'completed'; readonly result: string }
  /** Failed; another attempt follows after the delay. */
  | { readonly kind: 'retried'; readonly failure: FailureRecord; readonly delayMs: number }
  /** Given back, no attempt spent. `showsReason`: the job's hash says why, because its handler did not ask for it. */
  | {
      readonly kind: 'released';
      readonly reason: FailureRecord;
      readonly delayMs: number;
      readonly showsReason?: boolean;
    }
  /** Ended for good without success. */
  | { readonly kind: 'dead'; readonly failure: FailureRecord }
  /** Its `expiresAt` has passed: it is not wanted any more. Kept as a dead letter. */
  | { readonly kind: 'expired'; readonly failure: FailureRecord }
  /** Cancelled while it ran. Kept as a dead letter, and not retried. */
  | { readonly kind: 'cancelled'; readonly failure: FailureRecord }
  /** It was removed while its id was still in the queue. Nothing is left to keep. */
  | { readonly kind: 'missing'; readonly reason: FailureRecord };
