import type { SlotLease } from './slots.ts';
import type { StoredOptions } from './stored-options.ts';

/** How a delivery counts among what runs in its process. */
export interface Occupant {
  /** Whether Redis takes it that nothing else runs in the process during this delivery. */
  isAlone: boolean;
  /** Records in Redis that another job did. */
  readonly noteCompany: () => Promise<unknown>;
}

/** One hand-over of a job to this pool. */
export interface Delivery {
  /** As stored in Redis. */
  readonly id: string;
  /** The lock's value: unique per delivery, so that only this delivery can settle the job. */
  readonly token: string;
  /** Larger than that of every earlier delivery of the queue; the last part of the token. */
  readonly fence: number;
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
  /** When the job was put, in milliseconds since the epoch; 0 when that is not known. */
  readonly createdAtMs: number;
  /** Why the job must end without being run; null for all but a few. */
  readonly deferredFailure: string | null;
  /** The BullMQ job scheduler whose iteration this is; null for all but a few. */
  readonly schedulerId: string | null;
  /** Stack traces of earlier attempts, oldest first. */
  readonly stacks: readonly string[];
  /** Monotonic time at which the take was sent: the lease is not older than that. */
  readonly takenAtMs: number;
  /** The slot that it has here; null before and after. Only the store batcher uses it. */
  slot: SlotLease | null;
  /** Null before it runs and after. Only the process load uses it. */
  occupant: Occupant | null;
  /** How far its handler is. Only the size of calls depends on it. */
  phase: 'starting' | 'running' | 'over';
}

/** What a look for work found. */
export interface Taken {
  /** At most as many as were asked for. */
  readonly deliveries: readonly Delivery[];
  /** Whether another look may find more at once. */
  readonly more: boolean;
  /** The queue's rate limit admits nothing for so long; 0 without one. */
  readonly limitedMs: number;
  /** Whether limits hold jobs back, so that the end of a job may let another one start at once. */
  readonly isLimited: boolean;
  /** When nothing more is there: when the next delayed job is due, in milliseconds since the epoch; null without one. */
  readonly nextDueAtMs: number | null;
}
