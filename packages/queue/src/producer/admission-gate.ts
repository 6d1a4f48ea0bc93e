import {
  PutConflictError,
  PutUnknownError,
  QueueClosedError,
  type QueueDefinition,
  QueueFullError,
  type QueueFullReason,
  RedisUnavailableError,
} from '@sluice/shared';
import type { AdmissionAnswer } from '../backend/admission.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { producerDefaults } from '../defaults.ts';
import { generateId } from '../redis/queue-keys.ts';
import { isOutOfMemory } from '../redis/redis-errors.ts';
import { NoAnswer, type RedisLink } from '../redis/redis-link.ts';
import { PollPace } from './poll-pace.ts';
import type { PreparedJob } from './prepare-job.ts';
import type { Receipt } from './receipt.ts';

/** A put on its way through the gate. */
interface PendingPut {
  readonly job: PreparedJob;
  readonly since: number;
  /** Monotonic time until which it may wait for room; `since` when it may not wait. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  waited: boolean;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where the puts of one producer meet the bound.
 *
 * Puts that arrive together travel together: one run of the admission script takes up to 100 of them. Those that find
 * no room and may wait stand in line here, in the order of their arrival, and a poll asks for the head of the line;
 * a later put that may wait never overtakes them. At most two runs are under way at once.
 */
export class AdmissionGate {
  readonly #queue: QueueDefinition;
  readonly #backend: BoundedBackend;
  readonly #link: RedisLink;
  readonly #pace = new PollPace();
  #arrivals: PendingPut[] = [];
  #line: PendingPut[] = [];
  #runs = new Set<Promise<void>>();
  #flushing = false;
  #polling = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #lastDepth = 0;

  constructor(queue: QueueDefinition, backend: BoundedBackend, link: RedisLink) {
    this.#queue = queue;
    this.#backend = backend;
    this.#link = link;
  }

  /** How many puts stand in line for room. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Resolves with a receipt once Redis has the job. */
  admit(job: PreparedJob, waitMs: number, signal?: AbortSignal): Promise<Receipt> {
    if (this.#closed) return Promise.reject(new QueueClosedError(this.#queue.name, 'the producer is closed'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const since = performance.now();
    const put: PendingPut = { job, since, until: since + waitMs, signal, waited: false, resolve, reject };
    if (waitMs > 0 && this.#line.length > 0) this.#stand(put);
    else this.#arrivals.push(put);
    this.#flushSoon();
    if (!signal) return promise;
    const leave = (): void => this.#leaveLine(put, signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Refuses everyone in line and waits for the runs that are under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const closed = new QueueClosedError(this.#queue.name, 'the producer is closed');
    for (const put of this.#arrivals.splice(0)) put.reject(closed);
    for (const put of this.#line.splice(0)) put.reject(closed);
    await Promise.all(this.#runs);
  }

  /** Lets everything that is put in this turn of the event loop travel together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      while (this.#arrivals.length > 0 && this.#runs.size < producerDefaults.runsInFlight) {
        void this.#start(takeBatch(this.#arrivals));
      }
    });
  }

  #start(batch: PendingPut[]): Promise<void> {
    const run = this.#run(batch).finally(() => {
      this.#runs.delete(run);
      if (this.#arrivals.length > 0) this.#flushSoon();
    });
    this.#runs.add(run);
    return run;
  }

  /** One run of the admission script. Never rejects: every put of the batch is answered or back in line. */
  async #run(batch: PendingPut[]): Promise<void> {
    const run = { id: generateId(), windowMs: producerDefaults.resendWindowMs };
    const { capacity } = this.#queue;
    const calls = batch.map((put) => put.job.call);
    try {
      const answers = await this.#link.repeat(() => this.#backend.admit({ calls, mode: 'each', capacity, run }));
      this.#pace.saw(answers.some((answer) => answer.verdict === 'created'));
      this.#lineUp(batch.filter((put, index) => this.#answer(put, answers[index])));
    } catch (error) {
      if (isOutOfMemory(error)) this.#lineUp(batch.filter((put) => this.#mayWait(put, 'memory')));
      else for (const put of batch) put.reject(this.#asPutError(put, error));
    }
  }

  /** Settles the put by its answer; true when it must go on waiting. */
  #answer(put: PendingPut, answer: AdmissionAnswer | undefined): boolean {
    if (!answer) throw new TypeError('admission gave fewer answers than it was asked');
    this.#lastDepth = answer.depth;
    const { verdict } = answer;
    switch (verdict) {
      case 'created':
      case 'duplicate':
      case 'deduplicated': {
        const waitedMs = put.waited ? Math.max(1, Math.round(performance.now() - put.since)) : 0;
        const { depth, capacity } = answer;
        put.resolve({ id: put.job.id, job: put.job.job, status: verdict, depth, capacity, waitedMs });
        return false;
      }
      case 'conflict':
        put.reject(new PutConflictError(this.#queue.name, put.job.id));
        return false;
      case 'full':
      case 'skipped':
        return this.#mayWait(put, 'capacity', answer.capacity);
      default:
        return verdict satisfies never;
    }
  }

  /** True when the put may stand in line; else it is refused here and now. */
  #mayWait(put: PendingPut, reason: QueueFullReason, capacity = this.#queue.capacity): boolean {
    if (put.signal?.aborted) {
      put.reject(put.signal.reason);
      return false;
    }
    const now = performance.now();
    if (now < put.until && !this.#closed) return true;
    const waitedMs = put.waited ? Math.round(now - put.since) : 0;
    const { name } = this.#queue;
    const retryAfterMs = producerDefaults.retryAfterMs;
    put.reject(new QueueFullError({ queue: name, depth: this.#lastDepth, capacity, retryAfterMs, reason, waitedMs }));
    return false;
  }

  /** Puts come back to where they stood: before everyone who came later. */
  #lineUp(puts: PendingPut[]): void {
    if (puts.length === 0) return;
    for (const put of puts) put.waited = true;
    this.#line = [...puts, ...this.#line].sort((a, b) => a.since - b.since);
    this.#pollSoon();
  }

  #stand(put: PendingPut): void {
    put.waited = true;
    this.#line.push(put);
    this.#pollSoon();
  }

  #leaveLine(put: PendingPut, reason: unknown): void {
    const place = this.#line.indexOf(put);
    if (place < 0) return; // on its way to Redis: the answer decides
    this.#line.splice(place, 1);
    put.reject(reason);
  }

  #pollSoon(): void {
    if (this.#polling || this.#closed || this.#line.length === 0) return;
    clearTimeout(this.#timer);
    const soonest = this.#line.reduce((least, put) => Math.min(least, put.until), Infinity) - performance.now();
    this.#timer = setTimeout(() => void this.#poll(), Math.max(1, Math.min(this.#pace.nextMs(), soonest + 1)));
  }

  /** Asks for the head of the line, and refuses those further back whose time is up. */
  async #poll(): Promise<void> {
    if (this.#runs.size >= producerDefaults.runsInFlight) return this.#pollSoon();
    this.#polling = true;
    const head = takeBatch(this.#line);
    this.#line = this.#line.filter((put) => this.#mayWait(put, 'capacity'));
    await this.#start(head);
    this.#polling = false;
    this.#pollSoon();
  }

  #asPutError(put: PendingPut, error: unknown): unknown {
    if (!(error instanceof NoAnswer)) return error;
    const cause = { cause: error.cause ?? error };
    return error.sent
      ? new PutUnknownError(this.#queue.name, put.job.id, cause)
      : new RedisUnavailableError(this.#link.host, cause);
  }
}

/** Takes the next puts off a list: at most 100, and at most 1 MiB unless the first alone is larger. */
function takeBatch(puts: PendingPut[]): PendingPut[] {
  let count = 0;
  let bytes = 0;
  for (const put of puts) {
    bytes += put.job.bytes;
    if (count === producerDefaults.runMaxJobs || (count > 0 && bytes > producerDefaults.runMaxBytes)) break;
    count += 1;
  }
  return puts.splice(0, count);
}
