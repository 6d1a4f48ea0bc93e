/** Which lease: its slot, and which lease now occupies it (its generation). */
export interface LeaseRef {
  readonly slot: number;
  readonly generation: number;
}

/** What the lease thread knows of a lease. */
export interface LeaseDetails extends LeaseRef {
  readonly id: string;
  readonly token: string;
  /** The fencing token of the delivery, which ends the lock token. */
  readonly fence: number;
  /** The number of the delivery. */
  readonly deliveries: number;
  /** The attempt's deadline as it is now, from its start; 0 for a job that has no handler here. */
  readonly timeoutMs: number;
  /** Deadline and grace together. */
  readonly lastsMs: number;
}

/** Whether a lease is ours, as Redis says; unknown while Redis does not answer. */
export type LeaseHold = 'held' | 'lost' | 'unknown';
