import { idWindowsOf } from '../job/contracts/id-windows.ts';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { QueueClosedError } from '../job/errors/index.ts';
import type { TicketRequest } from '../store/admission/admission.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import { producerDefaults } from '../job/defaults.ts';
import { outsideContext } from '../job/outside-context.ts';
import { currentService, isServing } from '../job/served-queue.ts';
import { sluiceKeys } from '../store/keys/queue-keys.ts';
import { isOutOfMemory, MemoryTight } from '../store/connection/redis-errors.ts';
import type { RedisConnection } from '../store/connection/redis-connection.ts';
import { RedisTimeoutError } from '../store/connection/redis-timeout.ts';
import { AdmissionCall } from './admission-call.ts';
import { HandlerWait } from './handler-wait.ts';
import type { RedisMemoryMonitor } from './redis-memory-monitor.ts';
import { callOf, callOff, type PendingPut, takeBatch } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { PutDeadlines } from './put-deadlines.ts';
import { PutResults } from './put-results.ts';
import type { Receipt } from './receipt.ts';
import { RequestIds } from './request-ids.ts';
import { SignalMonitor } from './signal-monitor.ts';
import { type Admitted, WaiterQueue } from './waiter-queue.ts';

export interface PutBatcherDeps {
  queue: QueueDefinition;
  link: RedisConnection;
  backend: BoundedBackend;
  memory: RedisMemoryMonitor;
  /** Names this producer in the waiter queue, and in Redis's keys. */
  producer: string;
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
  readonly #backend: BoundedBackend;
  readonly #link: RedisConnection;
  readonly #memory: RedisMemoryMonitor;
  readonly #results: PutResults;
  readonly #waiters: WaiterQueue;
  /** In the order of their arrival; a set, so that one of ten thousand leaves as cheaply as one of ten. */
  readonly #arrivals = new Set<PendingPut>();
  readonly #deadlines: PutDeadlines;
  readonly #requestIds: RequestIds;
  readonly #signalMonitor = new SignalMonitor((puts) => outsideContext(() => this.#callOff(puts)));
  readonly #calls = new Set<Promise<void>>();
  #flushing = false;
  #closed = false;

  constructor({ queue, backend, link, memory, producer, isWoken, onWaiting }: PutBatcherDeps) {
    this.#queue = queue;
    this.#memory = memory;
    this.#backend = backend;
    this.#link = link;
    this.#results = new PutResults(queue, link.host);
    this.#deadlines = new PutDeadlines({
      unavailableMs: link.unavailableMs,
      onOverdue: (put) => outsideContext(() => this.#giveUp(put)),
    });
    this.#requestIds = new RequestIds(backend.toKey(`${sluiceKeys.reply}${producer}`));
    this.#waiters = new WaiterQueue({
      producer,
      ticketMost: Math.min(producerDefaults.runMaxJobs, queue.capacity),
      results: this.#results,
      ask: (puts, ticket) => this.#admit(puts, ticket),
      leave: (ticket) => link.call(() => backend.leaveWaiterQueue(ticket)).catch(() => undefined),
      isWoken,
      onWaiting,
    });
  }

  /** How many puts wait for capacity. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** There may be free capacity. */
  wake(): void {
    this.#waiters.wake();
  }

  /** Keys in which Redis caches replies to this producer. */
  get replyKeys(): string[] {
    return this.#requestIds.keys;
  }

  /**
   * Resolves with a receipt once Redis has the job. A put from inside a handler does not wait for what may be waiting for it: for
   * its own queue never, for another unless a handler of that one waits for this.
   */
  admit(job: PreparedJob, patienceMs: number, signal?: AbortSignal): Promise<Receipt> {
    const waitMs = isServing(this.#queue) ? 0 : patienceMs;
    if (this.#closed) return Promise.reject(this.#closedError());
    if (signal?.aborted) return Promise.reject(signal.reason);
    const service = patienceMs > 0 ? currentService() : undefined;
    const handlerWait = service && new HandlerWait(service, this.#queue);
    const { promise, put } = this.#open(job, { waitMs, signal, handlerWait });
    if (waitMs > 0) this.#waiters.join(put);
    else this.#arrive(put);
    this.#flushSoon();
    return promise;
  }

  /** Refuses everyone who waits, and waits for the calls that are in flight. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const put of this.#arrivals) put.reject(this.#closedError());
    this.#arrivals.clear();
    await this.#waiters.close(this.#closedError());
    await Promise.all(this.#calls);
    this.#deadlines.stop();
  }

  #arrive(put: PendingPut): void {
    this.#arrivals.add(put);
    this.#deadlines.add(put);
  }

  #open(
    job: PreparedJob,
    { waitMs, signal, handlerWait }: Pick<PendingPut, 'signal' | 'handlerWait'> & { waitMs: number },
  ): { promise: Promise<Receipt>; put: PendingPut } {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    const since = performance.now();
    const until = since + waitMs;
    const over = (): void => {
      this.#deadlines.remove(put);
      this.#signalMonitor.remove(put);
      handlerWait?.end();
    };
    const put: PendingPut = {
      job,
      since,
      until,
      signal,
      handlerWait,
      waited: false,
      sent: false,
      calledOff: false,
      resolve: (receipt) => {
        over();
        resolve(receipt);
      },
      reject: (error) => {
        over();
        reject(error);
      },
    };
    this.#signalMonitor.add(put);
    return { promise, put };
  }

  /** Their signal aborted. Puts in flight end as Redis answers; the others are never sent. */
  #callOff(puts: readonly PendingPut[]): void {
    for (const put of puts) {
      callOff(put, put.signal?.reason);
      if (put.calledOff) this.#arrivals.delete(put);
    }
    this.#waiters.remove(puts);
  }

  /** Redis has not answered in this put's time: it rejects, even if its call is still retried. */
  #giveUp(put: PendingPut): void {
    this.#results.fail(put, new RedisTimeoutError({ sent: put.sent }));
    put.calledOff = !put.sent;
    this.#arrivals.delete(put);
  }

  /**
   * Lets everything that is put in this turn of the event loop travel together. While nothing is under way, what is put by this
   * callback of the loop does: then nobody gains by waiting for the next one, and what is put there travels with the others
   * in the call after this one.
   */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    const defer = this.#requestIds.inFlight === 0 ? process.nextTick : setImmediate;
    outsideContext(() =>
      defer(() => {
        this.#flushing = false;
        this.#waiters.advance();
        this.#sendArrivals();
      }),
    );
  }

  #sendArrivals(): void {
    const { runsInFlight, runMaxJobs, runMaxBytes } = producerDefaults;
    while (this.#arrivals.size > 0 && this.#calls.size < runsInFlight) {
      const call = this.#send(takeBatch(this.#arrivals, runMaxJobs, runMaxBytes)).finally(() => {
        this.#calls.delete(call);
        this.#sendArrivals();
      });
      this.#calls.add(call);
    }
  }

  /** One call for puts that may not wait. Never rejects: every put is answered. */
  async #send(puts: PendingPut[]): Promise<void> {
    try {
      const { sent, reply } = await this.#admit(puts);
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

  async #admit(puts: readonly PendingPut[], ticket?: TicketRequest): Promise<Admitted> {
    const startedAt = performance.now();
    if (await this.#memory.isTight()) throw new MemoryTight();
    const { capacity, keep } = this.#queue;
    const requestId = this.#requestIds.acquire();
    const policies = { capacity, keepDead: keep.dead, idWindows: idWindowsOf(this.#queue) };
    const shared = { mode: 'each', ...policies, ticket, requestId } as const;
    const call = new AdmissionCall(puts, {
      maySend: (put) => this.#maySend(put),
      admit: (sent) => this.#backend.admit({ ...shared, calls: sent.map(callOf) }),
    });
    try {
      const limits = { windowMs: requestId.windowMs, deadline: startedAt + this.#link.unavailableMs };
      const reply = await this.#link.retryUntilAnswered(() => call.send(), limits);
      this.#deadlines.noteAnswer();
      return { sent: call.sent, reply };
    } finally {
      this.#requestIds.release(requestId);
    }
  }

  #maySend(put: PendingPut): boolean {
    if (this.#closed) callOff(put, this.#closedError());
    return this.#results.maySend(put);
  }

  #closedError(): QueueClosedError {
    return new QueueClosedError(this.#queue.name, 'the producer is closed');
  }
}
