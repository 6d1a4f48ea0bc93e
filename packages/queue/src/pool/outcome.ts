import type { FailureRecord } from './failure-record.ts';

/** How an attempt ends. The set is closed; each outcome is one call to the store. */
export type Outcome =
  /** Done. `result` is JSON. */
  | { readonly kind: 'completed'; readonly result: string }
  /** Failed; another attempt follows after the delay. */
  | { readonly kind: 'retried'; readonly failure: FailureRecord; readonly delayMs: number }
  /** Given back, no attempt spent. */
  | { readonly kind: 'released'; readonly reason: FailureRecord; readonly delayMs: number }
  /** Ended for good without success. */
  | { readonly kind: 'dead'; readonly failure: FailureRecord };
