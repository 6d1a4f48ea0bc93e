import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { AdmissionClient } from '../store/admission/admission-client.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import { producerDefaults } from '../job/defaults.ts';
import { QueueFullError } from '../job/errors/index.ts';
import { outsideContext } from '../job/outside-context.ts';
import { currentService, isServing } from '../job/served-queue.ts';
import { isOutOfMemory } from '../store/connection/redis-errors.ts';
import type { RedisConnection } from '../store/connection/redis-connection.ts';
import type { HistoryRecorder } from '../store/history/history-recorder.ts';
import { RedisTimeoutError } from '../store/connection/redis-timeout.ts';
import { DeadlockGuard } from './deadlock-guard.ts';
import type { RedisMemoryMonitor } from '../store/server/redis-memory-monitor.ts';
import { callOf, callOff, type PendingPut, type Receipt, SignalMonitor, takeBatch } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { type ProducerEmitter, type PutOutcome, putOutcomeOf } from './producer-events.ts';
import { PutDeadlines } from './put-deadlines.ts';
import { PutList } from './put-list.ts';
import { PutResults } from './put-results.ts';
import { WaiterQueue } from './waiter-queue.ts';

export interface PutBatcherDeps {
  queue: QueueDefinition;
  connection: RedisConnection;
  backend: BoundedBackend;
  memory: RedisMemoryMonitor;
  /** Names this producer in the waiter queue, and in Redis's keys. */
  producer: string;
  /** Counts what becomes of puts. */
  history: HistoryRecorder;
  events: ProducerEmitter;
  /** Whether wake-ups from Redis arrive. */
  isWoken: () => boolean;
  /** Called when puts start and stop waiting for a wake-up from Redis. */
  onWaiting: (waiting: boolean) => void;
}

/**
 * Batches the puts of one producer. Puts that arrive together are sent together, up to 100 in one call of the
 * admission script. Those that may wait go through the waiter queue, in their order; the others, which are refused when there
 * is no free capacity or replace another job, are sent at once.
 *
 * ```
 *   may wait ──► waiter queue ──► ticket: a call's worth ─┐
 *                                                         ├──► admit-jobs.lua ──► receipt, or why not
 *   may not ───► arrivals ──────► batches, two at a time ─┘
 * ```
 */
export class PutBatcher {
  readonly #queue: QueueDefinition;
  readonly #history: HistoryRecorder;
  readonly #events: ProducerEmitter;
  readonly #results: PutResults;
  readonly #admission: AdmissionClient<PendingPut>;
  readonly #waiters: WaiterQueue;
  readonly #arrivals = new PutList<PendingPut>('arrivalLinks');
  readonly #deadlines: PutDeadlines;
  readonly #signalMonitor = new SignalMonitor((puts) => outsideContext(() => this.#callOff(puts)));
  readonly #calls = new Set<Promise<void>>();
  #unanswered = 0;
  #flushing = false;
  #closed: Error | undefined;

  constructor({ queue, isWoken, onWaiting, ...deps }: PutBatcherDeps) {
    this.#queue = queue;
    this.#history = deps.history;
    this.#events = deps.events;
    const { host, unavailableMs } = deps.connection;
    const results = new PutResults(queue, host);
    const admission = new AdmissionClient({ ...deps, queue, callOf, maySend: (put) => results.maySend(put) });
    this.#results = results;
    this.#admission = admission;
    this.#deadlines = new PutDeadlines({
      unavailableMs,
      answeredAtMs: () => admission.answeredAtMs,
      onOverdue: (put) => outsideContext(() => this.#giveUp(put)),
    });
    const ticketMost = Math.min(producerDefaults.batchMaxJobs, queue.capacity);
    const { producer } = deps;
    this.#waiters = new WaiterQueue({ producer, ticketMost, results, admission, isWoken, onWaiting });
  }

  /** How many puts wait for capacity. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** How many puts have been neither answered nor refused. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** There may be free capacity. */
  wake(): void {
    this.#waiters.wake();
  }

  /** Keys in which Redis caches replies to this producer. */
  get replyKeys(): string[] {
    return this.#admission.replyKeys;
  }

  /**
   * Resolves with a receipt once Redis has the job. A put from inside a handler does not wait for what may be waiting for it: for
   * its own queue never, for another unless a handler of that one waits for this.
   */
  admit(job: PreparedJob, waitMaxMs: number, signal?: AbortSignal): Promise<Receipt> {
    const waitMs = isServing(this.#queue) ? 0 : waitMaxMs;
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const service = waitMaxMs > 0 ? currentService() : undefined;
    const deadlockGuard = service && new DeadlockGuard(service, this.#queue);
    const { promise, put } = this.#open(job, { waitMs, signal, deadlockGuard });
    if (waitMs > 0) this.#waiters.join(put);
    else this.#arrive(put);
    this.#flushSoon();
    return promise;
  }

  /** Refuses everyone who waits, for this reason, and waits for the calls that are in flight. */
  async close(reason: Error): Promise<void> {
    this.#closed = reason;
    this.#results.close(reason);
    for (const put of this.#arrivals.takeAll()) put.reject(reason);
    await this.#waiters.close(reason);
    await Promise.all(this.#calls);
    this.#deadlines.stop();
  }

  #arrive(put: PendingPut): void {
    this.#arrivals.add(put);
    this.#deadlines.add(put);
  }

  #open(
    job: PreparedJob,
    { waitMs, signal, deadlockGuard }: Pick<PendingPut, 'signal' | 'deadlockGuard'> & { waitMs: number },
  ): { promise: Promise<Receipt>; put: PendingPut } {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const since = performance.now();
    const until = since + waitMs;
    this.#unanswered += 1;
    let isAnswered = false;
    /** @returns whether it is the first answer: what was given up may still get one */
    const over = (): boolean => {
      const isFirst = !isAnswered;
      if (isFirst) this.#unanswered -= 1;
      isAnswered = true;
      this.#deadlines.remove(put);
      this.#signalMonitor.remove(put);
      deadlockGuard?.end();
      return isFirst;
    };
    const put: PendingPut = {
      job,
      since,
      until,
      signal,
      deadlockGuard,
      waited: false,
      sent: false,
      calledOff: false,
      arrivalLinks: undefined,
      deadlineLinks: undefined,
      resolve: (receipt, dropped) => {
        if (over()) this.#emit(put, receipt.status);
        this.#noteReceipt(receipt);
        if (dropped?.job) this.#history.count(dropped.job, 'dead');
        resolve(receipt);
      },
      reject: (error) => {
        if (over()) this.#emit(put, putOutcomeOf(error, signal));
        if (error instanceof QueueFullError) this.#history.count(job.job, 'refused');
        reject(error);
      },
    };
    this.#signalMonitor.add(put);
    return { promise, put };
  }

  #emit({ job: { id, job }, waited, since }: PendingPut, outcome: PutOutcome): void {
    if (!this.#events.has('put')) return;
    const waitedMs = waited ? performance.now() - since : 0;
    this.#events.emit('put', { id, queue: this.#queue.name, job, outcome, waitedMs });
  }

  #noteReceipt({ job, status, waitedMs }: Receipt): void {
    if (status !== 'created') return;
    this.#history.count(job, 'put');
    if (waitedMs > 0) this.#history.count(job, 'waited');
  }

  /** Their signal aborted. Puts in flight end as Redis answers; the others are never sent. */
  #callOff(puts: readonly PendingPut[]): void {
    for (const put of puts) {
      callOff(put, put.signal?.reason);
      if (put.calledOff) this.#arrivals.remove(put);
    }
    this.#waiters.remove(puts);
  }

  /** Redis has not answered in this put's time: it rejects, even if its call is still retried. */
  #giveUp(put: PendingPut): void {
    this.#results.fail(put, new RedisTimeoutError({ sent: put.sent }));
    put.calledOff = !put.sent;
    this.#arrivals.remove(put);
  }

  /**
   * Lets everything that is put in this turn of the event loop travel together. While nothing is under way, what is put by this
   * callback of the loop does: then waiting for the next one gains nothing, and what is put there travels with the others
   * in the call after this one.
   */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    const defer = this.#admission.inFlight === 0 ? process.nextTick : setImmediate;
    outsideContext(() =>
      defer(() => {
        this.#flushing = false;
        this.#waiters.advance();
        this.#sendArrivals();
      }),
    );
  }

  #sendArrivals(): void {
    const { callsInFlight, batchMaxJobs, batchMaxBytes } = producerDefaults;
    while (this.#arrivals.first && this.#calls.size < callsInFlight) {
      const call = this.#send(takeBatch(this.#arrivals, batchMaxJobs, batchMaxBytes)).finally(() => {
        this.#calls.delete(call);
        this.#sendArrivals();
      });
      this.#calls.add(call);
    }
  }

  /** One call for puts that may not wait. Never rejects: every put is answered. */
  async #send(puts: PendingPut[]): Promise<void> {
    try {
      const { sent, reply } = await this.#admission.admit(puts);
      if (!reply) return;
      this.#results.note(reply);
      for (const [index, put] of sent.entries()) this.#results.resolve(put, reply.answers[index]);
    } catch (error) {
      for (const put of puts) {
        if (isOutOfMemory(error)) this.#results.refuse(put, 'memory');
        else this.#results.fail(put, error);
      }
    }
  }
}
