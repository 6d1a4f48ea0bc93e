/** What became of a queue's jobs, as Redis's own log has it. Transactions are counted from 0, as in `replayTransactions`. */
export interface Ledger {
  /** In the order in which they were added. A job that was removed and added again under its id has two entries. */
  jobs: readonly JobEntry[];
  /** Runs of the admission script that added something, in order. */
  admissions: readonly Admission[];
  /** How many transactions were read. */
  transactions: number;
}

/** One job, from when it was added until it ended. */
export interface JobEntry {
  /** As the caller gave it, or as it was generated. */
  id: string;
  /** The payload, as JSON. */
  data: string;
  addedAtMs: number;
  addedIn: number;
  /** How often Redis answered that it was there already. */
  duplicates: number;
  deliveries: readonly DeliveryEntry[];
  end: { how: 'completed' | 'failed' | 'removed'; atMs: number; in: number } | null;
}

/** One hand-over of a job to a pool. Times are Redis's. */
export interface DeliveryEntry {
  /** The lock's value; null when it was taken without one. */
  token: string | null;
  /** The name of the pool that took it. */
  worker: string | null;
  takenAtMs: number;
  takenIn: number;
  /** The latest end that its lease was ever given. */
  leaseEndsMs: number;
  end: {
    /** `returned`: to waiting or delayed, by whoever held it. `stalled`: by a sweep, because its lease was gone. */
    how: 'completed' | 'failed' | 'returned' | 'stalled';
    atMs: number;
    in: number;
    /** The result as JSON, or the reason of the failure. Empty otherwise. */
    said: string;
  } | null;
}

/** The capacity that a ticket of the waiter queue waited for, at an instant. */
export interface Promised {
  ticket: string;
  wanted: number;
}

/** One run of the admission script. */
export interface Admission {
  in: number;
  atMs: number;
  /** Whose run it was. */
  producer: string;
  added: number;
  /** The tickets that were alive and stood before it. */
  ahead: readonly Promised[];
}
