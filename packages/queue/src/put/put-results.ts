import {
  PutConflictError,
  PutOptionError,
  PutUnknownError,
  QueueClosedError,
  QueueFullError,
  type QueueFullReason,
  RedisUnavailableError,
} from '../job/errors/index.ts';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import type { AdmissionAnswer, AdmissionReply } from '../store/admission/admission.ts';
import { retryAfter } from '../store/admission/retry-after.ts';
import { callerId } from '../store/keys/queue-keys.ts';
import { RedisTimeoutError } from '../store/connection/redis-timeout.ts';
import { callOff, type PendingPut, type Receipt } from './pending-put.ts';
import { digestOf, type PreparedJob } from './prepare-job.ts';

/** How late the look may be that is made when a put's time to wait is up. */
const LAST_LOOK_MS = 100;

/** Resolves or rejects each put by what Redis decided. */
export class PutResults {
  readonly #queue: QueueDefinition;
  readonly #host: string;
  /** The last depth and capacity that Redis reported. */
  #depth = 0;
  #capacity: number;
  #closed: Error | undefined;
  /** What those who wait lacked at the last look. */
  #lacked: 'capacity' | 'memory' = 'capacity';
  #retryAfterMs: number = retryAfter({ ended: 0, ahead: 0 });

  constructor(queue: QueueDefinition, host: string) {
    this.#queue = queue;
    this.#host = host;
    this.#capacity = queue.capacity;
  }

  /** From now on nothing more may be sent. */
  close(reason: Error): void {
    this.#closed = reason;
  }

  /** Notes what else the reply reports. */
  note({ ended = 0, ahead }: AdmissionReply): void {
    this.#lacked = 'capacity';
    this.#retryAfterMs = retryAfter({ ended, ahead });
  }

  /** Notes that Redis's memory is full, so that there was no reply. */
  noteOutOfMemory(): void {
    this.#lacked = 'memory';
  }

  /** Ends the put by its answer. True when there was no free capacity and it may go on waiting. */
  resolve(put: PendingPut, answer: AdmissionAnswer | undefined): boolean {
    if (!answer) throw new TypeError('admission gave fewer answers than it was asked');
    const { decision, depth, capacity } = answer;
    this.#depth = depth;
    this.#capacity = capacity;
    switch (decision) {
      case 'duplicate':
        if (!isSamePayload(put.job, answer)) return this.#conflict(put);
        this.#accept(put, decision, answer);
        return false;
      case 'created':
      case 'deduplicated':
        this.#accept(put, decision, answer);
        return false;
      case 'conflict':
        return this.#conflict(put);
      case 'sealed':
        put.reject(new QueueClosedError(this.#queue.name, 'it is sealed'));
        return false;
      case 'too-many-waiters':
        this.refuse(put, 'too-many-waiters');
        return false;
      case 'nothing-to-drop':
        this.refuse(put, 'nothing-to-drop');
        return false;
      case 'orphan':
        throw new TypeError('a put has no parent');
      case 'failed':
        throw new TypeError('a put does not fail alone');
      case 'full':
      case 'skipped':
        return this.mayWait(put);
      default:
        return decision satisfies never;
    }
  }

  #accept(put: PendingPut, status: Receipt['status'], answer: AdmissionAnswer): void {
    const waitedMs = put.waited ? Math.max(1, Math.round(performance.now() - put.since)) : 0;
    const { depth, capacity, dropped, next } = answer;
    const id = status === 'deduplicated' ? callerId(String(answer.id)) : put.job.id;
    const receipt: Receipt = { id, job: put.job.job, status, depth, capacity, waitedMs };
    if (dropped !== undefined) receipt.dropped = callerId(dropped.id);
    if (next !== undefined) receipt.next = callerId(next);
    put.resolve(receipt, dropped);
  }

  #conflict(put: PendingPut): false {
    put.reject(new PutConflictError(this.#queue.name, put.job.id));
    return false;
  }

  /** Whether the put is still wanted where it would be sent now; if not, it is rejected here and now. */
  maySend(put: PendingPut): boolean {
    if (this.#closed) callOff(put, this.#closed);
    if (put.calledOff || put.signal?.aborted) return this.mayWait(put);
    if (put.job.expiresAtMs !== undefined && Date.now() >= put.job.expiresAtMs) {
      if (put.waited) this.refuse(put, this.#lacked);
      else put.reject(new PutOptionError('expiresAt has passed before the job could be added'));
      return false;
    }
    if (!put.waited || performance.now() < put.until + LAST_LOOK_MS) return true;
    this.refuse(put, this.#lacked);
    return false;
  }

  /** False when the put was called off, has waited long enough or could wait for itself; then it is refused here and now. */
  mayWait(put: PendingPut): boolean {
    put.sent = false;
    if (put.calledOff) return false;
    if (put.signal?.aborted) {
      put.reject(put.signal.reason);
      return false;
    }
    const mayNever = put.deadlockGuard?.begin() === false;
    if (!mayNever && performance.now() < put.until) return true;
    this.refuse(put, mayNever && this.#lacked === 'capacity' ? 'deadlock' : this.#lacked);
    return false;
  }

  refuse(put: PendingPut, reason: QueueFullReason): void {
    const waitedMs = put.waited ? Math.round(performance.now() - put.since) : 0;
    const retryAfterMs = this.#retryAfterMs;
    const found = { queue: this.#queue.name, depth: this.#depth, capacity: this.#capacity };
    put.reject(new QueueFullError({ ...found, retryAfterMs, reason, waitedMs }));
  }

  /** Rejects a put whose call had no reply, or one that was an error. */
  fail(put: PendingPut, error: unknown): void {
    put.reject(putFailure(error, { queue: this.#queue.name, id: put.job.id, host: this.#host }));
  }
}

/** What the caller of a put gets when its call had no reply, or one that was an error. */
export function putFailure(error: unknown, about: { queue: string; id: string; host: string }): unknown {
  if (!(error instanceof RedisTimeoutError)) return error;
  const cause = { cause: error.cause ?? error };
  return error.sent ? new PutUnknownError(about.queue, about.id, cause) : new RedisUnavailableError(about.host, cause);
}

/** Redis compares digests. Of a job whose id was generated there is none: then its payload is compared here. */
function isSamePayload({ call }: PreparedJob, { stored }: AdmissionAnswer): boolean {
  return !stored || call.digest === digestOf(stored.name, stored.version, stored.data);
}
