import type { AddCall } from '../store/admission/admission.ts';
import type { HandlerWait } from './handler-wait.ts';
import type { PreparedJob } from './prepare-job.ts';
import type { Receipt } from './receipt.ts';

/** A put on its way to Redis. */
export interface PendingPut {
  readonly job: PreparedJob;
  /** When it came; monotonic. */
  readonly since: number;
  /** Until when it may wait for capacity; `since` when it may not. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  /** It comes from inside a handler, and would wait. */
  readonly handlerWait: HandlerWait | undefined;
  /** It found no free capacity, or waits behind a put that found none. */
  waited: boolean;
  /** Redis may be adding it now: its answer decides, whatever happens meanwhile. */
  sent: boolean;
  /** It was called off before it was sent: rejected, and not to be sent any more. */
  calledOff: boolean;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Rejects the put unless Redis may be adding it now. */
export function callOff(put: PendingPut, reason: unknown): void {
  if (put.sent || put.calledOff) return;
  put.calledOff = true;
  put.reject(reason);
}

/** Takes the puts that were called off out of a list. */
export function removeCalledOff(puts: PendingPut[]): void {
  const left = puts.filter((put) => !put.calledOff);
  if (left.length === puts.length) return;
  puts.length = 0;
  for (const put of left) puts.push(put);
}

/** Takes the next puts: at most `most`, and at most `mostBytes` unless the first alone is larger. */
export function takeBatch(puts: Set<PendingPut>, most: number, mostBytes: number): PendingPut[] {
  const taken: PendingPut[] = [];
  let bytes = 0;
  for (const put of puts) {
    bytes += put.job.bytes;
    if (taken.length === most || (taken.length > 0 && bytes > mostBytes)) break;
    taken.push(put);
    puts.delete(put);
  }
  return taken;
}

/** What admission is asked for. A put that has waited may still have been added, by a copy of its call that arrived late. */
export function callOf({ job, waited }: PendingPut): AddCall {
  return waited && 'isNew' in job.call ? { ...job.call, isNew: false } : job.call;
}
