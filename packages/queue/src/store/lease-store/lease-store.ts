import type { Delivery, Taken } from '../../job/delivery.ts';
import type { ChildRecord } from '../../job/handler/child-outcome.ts';
import type { FailureRecord } from '../../job/failure-record.ts';
import type { ServedContract } from './unserved-index.ts';

/** A delivery that ended well. */
export interface Completion {
  readonly delivery: Delivery;
  /** JSON. */
  readonly result: string;
}

/** What a take has to know about this process. */
export interface TakeContext {
  /**
   * `any`: nothing runs in this process, so crash suspects come first if there are any, by a take of their own. `others`: all but
   * crash suspects. `suspects`: those of one group.
   */
  readonly which: 'any' | 'others' | 'suspects';
  /** Whether other jobs run in this process. */
  readonly hasOthers: boolean;
  /** The delivery of this pool that has been alone in its process until now. */
  readonly alone: Delivery | null;
}

/** What a pool sends in one round trip: which jobs are completed, and how many it takes. */
export interface Batch {
  /** At most {@link poolDefaults.callMaxJobs}. */
  readonly completions: readonly Completion[];
  /** Jobs for slots that are free. */
  readonly take: number;
  /** Whether each completion's slot is offered for a job, too, once it is written. */
  readonly offered: boolean;
  /** The most jobs in all. */
  readonly takeMost: number;
  /** Default: any job, with no other job running. */
  readonly context?: TakeContext;
}

export interface BatchReply {
  /**
   * One for each completion: null when it is written; an error when it never will be; `needs-bullmq-script` when nothing was done,
   * because BullMQ's script must complete it, by {@link LeaseStore.complete}.
   */
  readonly ends: readonly (Error | 'needs-bullmq-script' | null)[];
  /**
   * `needs-bullmq-script`: nothing was taken, because BullMQ's script must take, by {@link LeaseStore.takeWithBullmq}. `suspects`: nothing was taken, because crash
   * suspects wait. Null when nothing was asked for.
   */
  readonly taken: Taken | 'needs-bullmq-script' | 'suspects' | null;
  /** Whether this busy pool should let its jobs end, so that crash suspects can run. */
  readonly pauseForSuspects?: boolean;
}

/** How a wait ended: with a time at which to look, in milliseconds since the epoch (0 for now), or with a look. */
export type Wake =
  | { readonly lookAtMs: number }
  | { readonly taken: Taken | 'needs-bullmq-script' | 'suspects'; readonly pauseForSuspects?: boolean };

/**
 * All that a pool needs of its storage. Nothing above it knows a Redis key. testing/lease-store-conformance.ts has a test for each
 * promise, which every implementation passes.
 *
 * Every call ends within a few seconds. Settling calls (complete, retry, deadLetter, release, discard) throw `LeaseLostError` when
 * the lease is no longer the delivery's; any other error means that nothing is known about what became of the call.
 */
export interface LeaseStore {
  /** @throws RedisUnavailableError when Redis is not ready in time. */
  connect(): Promise<void>;
  /** Closes all connections. Ends a {@link LeaseStore.waitForWork} that is under way. */
  close(): Promise<void>;

  /**
   * Writes completions, then takes jobs, each under a lease of its own: all in one round trip. Completions do not affect each
   * other: when one has lost its lease, the others are still written.
   */
  settleAndTake(batch: Batch): Promise<BatchReply>;
  /** Takes jobs by BullMQ's own script, where what it finds first is not plain. */
  takeWithBullmq(count: number, context?: TakeContext): Promise<Taken>;
  /**
   * Waits until there may be work, at most `maxMs`; longer only while Redis is silent. Costs nothing while it waits. Where it
   * can, it looks in the same round trip, and takes up to that many jobs.
   */
  waitForWork(maxMs: number, take: number, context?: TakeContext): Promise<Wake>;
  /** Passes on a wake-up that is not needed here: another pool may wait for work. */
  wakeAnother(): Promise<void>;
  /** Ends a {@link LeaseStore.waitForWork} that is under way; later ones fail. Wakes another pool in its place. */
  stopWaiting(): Promise<void>;

  /**
   * Completes one job of any kind.
   *
   * @throws CompletionRefusedError when the job has unfinished or failed children.
   */
  complete(delivery: Delivery, result: string): Promise<void>;
  /** Spends an attempt; the job runs again after the delay. */
  retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<void>;
  /** Ends the job for good, kept as a dead letter. */
  deadLetter(delivery: Delivery, failure: FailureRecord): Promise<void>;
  /**
   * Gives the job back, no attempt spent: to the head of the queue without a delay, else after it.
   *
   * @param reason to be shown while it waits out the delay: this worker cannot run the job, and another one may bring it back
   */
  release(delivery: Delivery, delayMs: number, reason?: FailureRecord): Promise<void>;
  /** Removes what is left of a job whose content is gone. */
  discard(delivery: Delivery): Promise<void>;
  /**
   * Whether a settling call whose answer was lost surely did end this attempt. False when that is not sure, and after a release,
   * which leaves no trace.
   *
   * @param wasHeld whether the lease had not run out by the call that was refused: no other worker can have had the job then
   */
  wasRecorded(delivery: Delivery, wasHeld: boolean): Promise<boolean>;

  /** Brings back the jobs that workers have put aside with a reason and that run under these contracts. @returns how many */
  bringUnserved(contracts: readonly ServedContract[]): Promise<number>;

  /** Notes that other jobs run in the process of a delivery that was alone there until now. */
  noteCompany(delivery: Delivery): Promise<void>;

  /** What became of the jobs that a delivery's job has waited for. */
  readChildren(delivery: Delivery): Promise<ChildRecord[]>;

  /** Stores JSON with the job. */
  saveProgress(delivery: Delivery, value: unknown): Promise<void>;
}

/** How attempts end, but for those that are completed: these travel together with takes. */
export type AttemptStore = Pick<
  LeaseStore,
  'retry' | 'deadLetter' | 'release' | 'discard' | 'wasRecorded' | 'readChildren' | 'saveProgress'
>;
