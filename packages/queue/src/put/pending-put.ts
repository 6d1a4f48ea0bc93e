import type { AddCall, DroppedJob } from '../store/admission/admission.ts';
import type { DeadlockGuard } from './deadlock-guard.ts';
import type { PreparedJob } from './prepare-job.ts';
import type { Linked, PutList } from './put-list.ts';

/** What a put answers with. Plain data: it survives JSON, and any process can ask for the result with it. */
export interface Receipt<Name extends string = string> {
  /** The caller's id, or the one that was generated. */
  id: string;
  /** The contract's name. */
  job: Name;
  /**
   * `created`: the job is new. `duplicate`: the id is known, with this payload.
   * `deduplicated`: it was joined to another job, whose id this is; see `dedupe` of {@link PutOptions}.
   */
  status: 'created' | 'duplicate' | 'deduplicated';
  /** Unfinished jobs right after this put. */
  depth: number;
  /** The most unfinished jobs that the queue may hold. */
  capacity: number;
  /** How long the put waited for capacity, in milliseconds; 0 when there was free capacity at once. */
  waitedMs: number;
  /** The id of the job that was dropped for this one, under a drop policy; absent when there was free capacity. */
  dropped?: string;
  /**
   * Of a put that was deduplicated with the mode `latest`, when the job was running: the id of the job that its payload becomes once
   * that one has ended. There is no such job before.
   */
  next?: string;
}

/** A put on its way to Redis. */
export interface PendingPut extends Linked<PendingPut> {
  readonly job: PreparedJob;
  /** When it came; monotonic. */
  readonly since: number;
  /** Until when it may wait for capacity; `since` when it may not. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  /** It comes from inside a handler, and would wait. */
  readonly deadlockGuard: DeadlockGuard | undefined;
  /** It found no free capacity, or waits behind a put that found none. */
  waited: boolean;
  /** Redis may be adding it now: its answer decides, whatever happens meanwhile. */
  sent: boolean;
  /** It was called off before it was sent: rejected, and not to be sent any more. */
  calledOff: boolean;
  /** @param dropped the job whose place it took */
  readonly resolve: (receipt: Receipt, dropped?: DroppedJob) => void;
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
export function takeBatch(puts: PutList<PendingPut>, most: number, mostBytes: number): PendingPut[] {
  const taken: PendingPut[] = [];
  let bytes = 0;
  for (let put = puts.first; put; put = puts.first) {
    bytes += put.job.bytes;
    if (taken.length === most || (taken.length > 0 && bytes > mostBytes)) break;
    taken.push(put);
    puts.remove(put);
  }
  return taken;
}

/** What admission is asked for. A put that has waited may still have been added, by a copy of its call that arrived late. */
export function callOf({ job, waited }: PendingPut): AddCall {
  return waited && 'isNew' in job.call ? { ...job.call, isNew: false } : job.call;
}

interface Monitored {
  readonly puts: Set<PendingPut>;
  readonly onAbort: () => void;
}

/** Watches the signals that call puts off: one listener for each signal, however many puts share it, and while they do. */
export class SignalMonitor {
  readonly #callOff: (puts: readonly PendingPut[]) => void;
  /** Weak for the same reason as there is a PutList: a Map of signals that come and go would keep them and their puts. */
  readonly #monitored = new WeakMap<AbortSignal, Monitored>();

  /** @param callOff gets all puts of a signal at once: of those, none may be sent in another's place */
  constructor(callOff: (puts: readonly PendingPut[]) => void) {
    this.#callOff = callOff;
  }

  add(put: PendingPut): void {
    if (!put.signal) return;
    const monitored = this.#monitored.get(put.signal) ?? this.#listen(put.signal);
    monitored.puts.add(put);
  }

  /** The put is settled: its signal means nothing to it any more. */
  remove(put: PendingPut): void {
    const monitored = put.signal && this.#monitored.get(put.signal);
    if (!put.signal || !monitored?.puts.delete(put) || monitored.puts.size > 0) return;
    put.signal.removeEventListener('abort', monitored.onAbort);
    this.#monitored.delete(put.signal);
  }

  #listen(signal: AbortSignal): Monitored {
    const puts = new Set<PendingPut>();
    const onAbort = (): void => this.#callOff([...puts]);
    const monitored = { puts, onAbort };
    this.#monitored.set(signal, monitored);
    signal.addEventListener('abort', onAbort);
    return monitored;
  }
}
