import type { JobsOptions } from 'bullmq';

/** What Sluice's producer adds to BullMQ's job options. Absent on jobs of other clients. */
export interface SluiceStamp {
  /** Version of the contract that the payload was put under. */
  v?: number;
  /** Deadline of each attempt in milliseconds, over the contract's. */
  t?: number;
  /** When the job is no longer worth starting, in milliseconds since the epoch. */
  e?: number;
  /** Digest of the payload. */
  d?: string;
}

export type StoredOptions = JobsOptions & { sluice?: SluiceStamp };

/** One hand-over of a job to this pool. */
export interface Delivery {
  /** As stored in Redis. */
  readonly id: string;
  /** The lock's value: unique per delivery, so that only this delivery can settle the job. */
  readonly token: string;
  /** The contract's name; empty when only the id was left of a removed job. */
  readonly name: string;
  /** The payload, as JSON. */
  readonly data: string;
  readonly options: StoredOptions;
  /** Attempts spent before this one. */
  readonly attemptsMade: number;
  /** Deliveries in all, this one included. */
  readonly deliveries: number;
  /** Deliveries that ended with the death of their worker. */
  readonly crashes: number;
  readonly priority: number;
  /** Why the job must end without being run; null for all but a few. */
  readonly doomed: string | null;
  /** Stack traces of earlier attempts, oldest first. */
  readonly stacks: readonly string[];
  /** Monotonic time at which the take was sent: the lease is not older than that. */
  readonly takenAtMs: number;
}

/** What a look for work found. */
export type Taken =
  | { readonly found: true; readonly delivery: Delivery }
  | {
      readonly found: false;
      /** The queue's rate limit admits nothing for so long; 0 without one. */
      readonly limitedMs: number;
      /** When the next delayed job is due, in milliseconds since the epoch; null when there is none. */
      readonly nextDueAtMs: number | null;
    };
