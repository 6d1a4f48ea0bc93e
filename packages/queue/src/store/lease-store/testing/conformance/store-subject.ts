import type { Delivery, Taken } from '../../../../job/delivery.ts';
import type { FailureRecord } from '../../../../job/failure-record.ts';
import type { Completion, LeaseStore, TakeContext, Batch, BatchReply } from '../../lease-store.ts';

/** A job as it is in the storage. */
export interface StoredJob {
  readonly state: 'waiting' | 'delayed' | 'active' | 'completed' | 'dead' | 'gone';
  readonly attemptsMade: number;
  /** JSON. */
  readonly result: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly progress: unknown;
  /** The last delivery during which other jobs ran in the same process; 0 for none. */
  readonly sharedDelivery: number;
}

/** Two pools' stores on one queue that is empty, and what else the suite does to the queue. */
export interface StoreSubject {
  readonly store: LeaseStore;
  readonly other: LeaseStore;
  /** Adds a job as a producer would. @returns its id */
  add(): Promise<string>;
  /** Adds a job that {@link LeaseStore.settleAndTake} cannot complete. */
  addSpecial(): Promise<string>;
  find(id: string): Promise<StoredJob>;
  /** Ends the lease: it ran out, or another worker has the job now. */
  endLease(id: string, how: 'ran out' | 'taken over'): Promise<void>;
  /** Gives the job a child that has not finished. */
  addChild(id: string): Promise<void>;
  /** Removes the content of a job that waits, but not its id. */
  removeContent(id: string): Promise<void>;
  pause(): Promise<void>;
  /** From now on the queue's rate limit admits nothing, for a minute. */
  limitRate(): Promise<void>;
  /** Makes jobs that wait crash suspects. Each list is a group. */
  suspect(...groups: string[][]): Promise<void>;
}

export const failure: FailureRecord = { code: 'BROKEN', message: 'it broke', stack: 'Error: it broke' };
export const OTHERS: TakeContext = { which: 'others', hasOthers: true, alone: null };
export const SUSPECTS: TakeContext = { which: 'suspects', hasOthers: false, alone: null };
export const MINUTE_MS = 60_000;

export function batchOf(fields: Partial<Batch>): Batch {
  return { completions: [], take: 0, offered: false, takeMost: 100, ...fields };
}

export function settleAndTake({ store }: StoreSubject, fields: Partial<Batch>): Promise<BatchReply> {
  return store.settleAndTake(batchOf(fields));
}

/** What was taken, where taking is plain. */
export function jobsOf(taken: BatchReply['taken']): Taken {
  if (taken === null || typeof taken === 'string') throw new Error(`the store answered ${taken} to a plain take`);
  return taken;
}

export async function take(subject: StoreSubject, count: number, context?: TakeContext): Promise<readonly Delivery[]> {
  const { taken } = await settleAndTake(subject, { take: count, ...(context ? { context } : {}) });
  return jobsOf(taken).deliveries;
}

export async function addAll(subject: StoreSubject, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await subject.add());
  return ids;
}

/** Adds a job and takes it. */
export async function takeOne(subject: StoreSubject): Promise<Delivery> {
  await subject.add();
  const [delivery] = await take(subject, 1);
  if (!delivery) throw new Error('the store found no job');
  return delivery;
}

export const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ id }) => id);
export const done = (delivery: Delivery): Completion => ({ delivery, result: `"${delivery.id}"` });
