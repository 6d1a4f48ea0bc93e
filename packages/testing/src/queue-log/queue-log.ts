/** The lives of a queue's jobs, read from Redis's own log. Transactions are counted from 0, as in `replayTransactions`. */
export interface QueueLog {
  /** In the order in which they were added. A job that was removed and added again with the same id has two entries. */
  jobs: readonly JobEntry[];
  /** Calls of the admission script that added something, in order. */
  admissions: readonly Admission[];
  /** What the capacity was set to, in order. The first may come from a definition. */
  capacities: readonly { in: number; capacity: number }[];
  /** How many jobs of the queue, or of one contract, may run at once, from when on; null for no limit. */
  limits: readonly RunningLimit[];
  /** When it was paused and resumed, in order. */
  pauses: readonly { in: number; paused: boolean }[];
  /** How many transactions were read. */
  transactions: number;
}

/** How many jobs may run at once from a transaction on. */
export interface RunningLimit {
  /** The number of the transaction that set it, in the order of the log. */
  in: number;
  /** The contract; null for the whole queue. */
  job: string | null;
  /** Null for no limit. */
  running: number | null;
}

/** One job, from when it was added until it ended. */
export interface JobEntry {
  /** The caller's id, or the generated one. */
  id: string;
  /** The name of its contract. */
  job: string;
  /** The payload as it was put, as JSON. */
  data: string;
  /** The payloads that it was given later, in order. */
  edits: readonly { in: number; data: string }[];
  /** By Redis's clock. */
  addedAtMs: number;
  /** The transaction that added it. */
  addedIn: number;
  /** How many puts found it already there. */
  duplicates: number;
  /** How often it was put back to work after it had failed for good. */
  replays: number;
  /** In their order. */
  deliveries: readonly DeliveryEntry[];
  /** How, when and in which transaction it ended; null when it has not. */
  end: { how: 'completed' | 'failed' | 'removed'; atMs: number; in: number } | null;
}

/** One delivery of a job to a pool. Times are of Redis's clock. */
export interface DeliveryEntry {
  /** The lock's value; null when it was taken without one. */
  token: string | null;
  /** The name of the pool that took it. */
  worker: string | null;
  /** By Redis's clock. */
  takenAtMs: number;
  /** The transaction that took it. */
  takenIn: number;
  /** The latest time until which its lease was renewed. */
  leaseEndsMs: number;
  /** Null while the pool has the job. */
  end: {
    /** `returned`: to waiting or delayed, by its pool. `stalled`: by a sweep, because its lease was gone. */
    how: 'completed' | 'failed' | 'returned' | 'stalled';
    atMs: number;
    in: number;
    /** The result as JSON, or the reason of the failure. Empty otherwise. */
    value: string;
  } | null;
}

/** A ticket of the waiter queue, and how much capacity it wanted at that moment. */
export interface WaitingTicket {
  /** Its name: the producer's and a number. */
  ticket: string;
  /** For how many jobs it wants capacity. */
  wanted: number;
}

/** One call of the admission script. */
export interface Admission {
  /** The transaction. */
  in: number;
  /** By Redis's clock. */
  atMs: number;
  /** The producer that made the call. */
  producer: string;
  /** How many jobs it added. */
  added: number;
  /** The living tickets before it. */
  ahead: readonly WaitingTicket[];
}
