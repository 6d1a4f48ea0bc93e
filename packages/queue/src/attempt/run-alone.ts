import { type Clock, systemClock } from '../job/clock.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import type { Delivery } from '../job/delivery.ts';
import { JobInterruptedError, JobTimeoutError } from '../job/errors/index.ts';
import type { ChildRecord } from '../job/handler/child-outcome.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import {
  bindHandlers,
  type BoundHandler,
  type PlainBatchHandler,
  type RegisteredHandler,
} from '../job/handler/handler-registry.ts';
import type { Logger } from '../job/logging/logger.ts';
import type { StoredOptions } from '../job/stored-options.ts';
import type { Lease } from '../leases/main/lease.ts';
import { storedId } from '../store/keys/queue-keys.ts';
import { ThreadGroups } from '../threads/pool/thread-groups.ts';
import { AbortRegistry } from './abort-registry.ts';
import { Batches } from './batch/batches.ts';
import type { PoolServices } from './attempt-record.ts';
import { PoolCounters } from './pool-counters.ts';
import { PoolEmitter, type PoolEvents } from './pool-events.ts';
import { RedisMonitor } from './redis-monitor.ts';
import { runAttempt } from './run-attempt.ts';
import { UnservedJobs } from './unserved-jobs.ts';

/** One delivery, as Redis would hand it over. */
export interface AloneDelivery {
  /** In its caller's form. */
  readonly id: string;
  /** The payload as it is stored. */
  readonly json: string;
  /** As they are stored. */
  readonly options: StoredOptions;
  /** From 1. */
  readonly attempt: number;
  /** The number of the delivery. */
  readonly fencingToken: number;
}

export interface AloneOptions {
  /**
   * Interrupts the run as a drain does; with a JobTimeoutError as its reason, as the deadline does.
   *
   * @default never
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * What its children came to.
   *
   * @default none
   */
  readonly children?: readonly ChildRecord[] | undefined;
  /** Where the attempt's log writes. */
  readonly log: Logger;
  /** Decides the random part of a backoff: from 0 to below 1. */
  readonly random: () => number;
}

/** What a run without Redis came to. */
export interface AloneRun {
  /** How the attempt ended. */
  readonly outcome: AttemptOutcome;
  /** Whether the handler was called. */
  readonly wasCalled: boolean;
  /** What the handler threw; undefined when it did not. */
  readonly thrown: unknown;
  /** The ack methods and `extend` as the handler called them, in order. */
  readonly calls: readonly { readonly method: 'ack' | 'nack' | 'term' | 'extend'; readonly argument: unknown }[];
  /** What it stored, in order. */
  readonly progress: readonly unknown[];
  /** Whether it was not back by the end of its grace. */
  readonly isAbandoned: boolean;
  /** What its pool would have reported as a fault, such as a module that does not load. */
  readonly faults: readonly unknown[];
}

/**
 * One attempt of one job by the steps of a pool, with nothing behind them: no Redis, no lease. For the test kit, so that what a
 * handler gets and how its ending is judged are the pool's own, and no copy of them.
 */
export async function runAlone(
  handler: RegisteredHandler,
  { id, json, options, attempt, fencingToken }: AloneDelivery,
  alone: AloneOptions,
): Promise<AloneRun> {
  const { contract } = handler;
  const queue = defineQueue({ name: 'run-alone', jobs: [contract], capacity: 1 });
  const recorder = new RunRecorder();
  const threads = new ThreadGroups(bindHandlers(queue, { [contract.name]: handler }), {
    queue,
    concurrency: 1,
    onFault: (_job, error) => recorder.faults.push(error),
  });
  const clock: Clock = systemClock;
  const delivery: Delivery = {
    id: storedId(id),
    token: 'alone',
    fence: fencingToken,
    name: contract.name,
    data: json,
    options,
    attemptsMade: attempt - 1,
    deliveries: attempt,
    crashes: 0,
    priority: 0,
    createdAtMs: 0,
    deferredFailure: null,
    schedulerId: null,
    stacks: [],
    takenAtMs: clock.monotonicMs(),
    slot: null,
    occupant: null,
    phase: 'starting',
  };
  const bound = new Map([...threads.handlers].map(([name, each]) => [name, recorder.watch(each)]));
  const services = recorder.servicesFor(bound, clock, alone);
  const stopListening = interruptBy(alone.signal, services);
  try {
    await runAttempt(delivery, services);
  } finally {
    stopListening();
    await threads.close();
  }
  return recorder.run();
}

/** A run can be interrupted once its handler has been called. */
function interruptBy(signal: AbortSignal | undefined, { aborts, events }: PoolServices): () => void {
  const interrupt = (): void => aborts.abortAll(asInterruption(signal?.reason));
  events.on('started', () => {
    if (signal?.aborted) interrupt();
    else signal?.addEventListener('abort', interrupt, { once: true });
  });
  return () => signal?.removeEventListener('abort', interrupt);
}

function asInterruption(reason: unknown): Error {
  if (reason instanceof JobTimeoutError || reason instanceof JobInterruptedError) return reason;
  return new JobInterruptedError('the worker is shutting down', { cause: reason });
}

/** Stands in for a pool's storage, and remembers what it is told. */
class RunRecorder {
  readonly faults: unknown[] = [];
  readonly #calls: AloneRun['calls'][number][] = [];
  readonly #progress: unknown[] = [];
  #outcome: AttemptOutcome | undefined;
  #thrown: unknown;
  #wasCalled = false;
  #isAbandoned = false;

  servicesFor(handlers: PoolServices['handlers'], clock: Clock, { log, random, children }: AloneOptions): PoolServices {
    const events = new PoolEmitter();
    this.#listen(events);
    return {
      handlers,
      store: {
        retry: async (_delivery, failure, delayMs) => this.#end({ kind: 'retried', failure, delayMs }),
        deadLetter: async (_delivery, failure) => this.#end({ kind: 'dead', failure }),
        release: async (_delivery, delayMs, reason) => {
          const shown = reason ?? { code: 'SLUICE_RETRY_LATER', message: '', stack: null };
          this.#end({ kind: 'released', reason: shown, delayMs });
        },
        discard: async () => undefined,
        wasRecorded: async () => true,
        readChildren: async () => [...(children ?? [])],
        saveProgress: async (_delivery, value) => void this.#progress.push(value),
      },
      batcher: { complete: async (_delivery, result) => this.#end({ kind: 'completed', result }) },
      leases: { hold: (delivery) => leaseOf(delivery), limit: () => undefined, release: () => undefined },
      aborts: new AbortRegistry(),
      batches: new Batches({ total: 1 }),
      watch: new RedisMonitor(events, clock),
      events,
      counters: new PoolCounters(),
      unserved: new UnservedJobs(
        () => clock.monotonicMs(),
        () => undefined,
      ),
      process: { noteCompany: () => undefined },
      clock,
      random,
      log,
    };
  }

  /** The same handler, whose calls are noted. */
  watch(handler: BoundHandler): BoundHandler {
    const { contract } = handler;
    if ('handle' in handler) {
      return { contract, handle: (attempt: never) => this.#call(attempt, () => handler.handle(attempt)) };
    }
    if ('handleBatch' in handler) return { ...handler, handleBatch: this.#watchBatch(handler) };
    return {
      contract,
      acquire: async (payload, signal) => {
        const thread = await handler.acquire(payload, signal);
        return {
          handle: (attempt) => this.#call(attempt, () => thread.handle(attempt)),
          terminate: () => thread.terminate(),
          release: () => thread.release(),
        };
      },
    };
  }

  run(): AloneRun {
    if (!this.#outcome) throw new Error('the attempt came to no outcome', { cause: this.faults[0] });
    return {
      outcome: this.#outcome,
      wasCalled: this.#wasCalled,
      thrown: this.#thrown,
      calls: this.#calls,
      progress: this.#progress,
      isAbandoned: this.#isAbandoned,
      faults: this.faults,
    };
  }

  /** The batch has one job: what it fails with was thrown, as it were. */
  #watchBatch({ handleBatch }: PlainBatchHandler): PlainBatchHandler['handleBatch'] {
    return (attempts, context) => {
      const [attempt] = attempts as readonly Attempt[];
      if (!attempt) throw new RangeError('a batch without a job');
      return this.#call(attempt, async () => {
        const results = await handleBatch(attempts, context);
        if (Array.isArray(results) && results[0] instanceof Error) this.#thrown = results[0];
        return results;
      });
    };
  }

  #end(outcome: AttemptOutcome): void {
    this.#outcome = outcome;
  }

  #listen(events: PoolEmitter): void {
    const { failureOf } = RunRecorder;
    events.on('released', (event) => {
      if (this.#outcome?.kind === 'released') this.#outcome = { ...this.#outcome, reason: failureOf(event) };
    });
    events.on('expired', () => {
      if (this.#outcome?.kind === 'dead') this.#outcome = { ...this.#outcome, kind: 'expired' };
    });
    events.on('abandoned', () => void (this.#isAbandoned = true));
    events.on('terminated', () => void (this.#isAbandoned = true));
    events.on('fault', ({ error }) => void this.faults.push(error));
  }

  static failureOf({ code, message }: PoolEvents['released']): { code: string; message: string; stack: null } {
    return { code, message, stack: null };
  }

  async #call(attempt: Attempt, handle: () => unknown): Promise<unknown> {
    this.#wasCalled = true;
    this.#noteCalls(attempt);
    try {
      return await handle();
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  /** An attempt is the handler's own object, so its methods can be replaced by ones that note their calls. */
  #noteCalls(attempt: Attempt): void {
    const { ack, nack, term, extend } = attempt;
    const note = (method: AloneRun['calls'][number]['method'], argument: unknown): void =>
      void this.#calls.push({ method, argument });
    Object.assign(attempt, {
      ack: (...result: Parameters<typeof ack>) => (note('ack', result[0]), ack(...result)),
      nack: (options?: { delayMs?: number }) => (note('nack', options), nack(options)),
      term: (reason: string) => (note('term', reason), term(reason)),
      extend: (ms: number) => (note('extend', ms), extend(ms)),
    });
  }
}

/** A lease that nobody else can get. */
function leaseOf(delivery: Delivery): Lease {
  return {
    delivery,
    isFresh: true,
    heldUntilMs: Infinity,
    retrySettleUntilMs: 0,
    retryOutageUntilMs: 0,
    onLost: () => undefined,
    onCancelled: () => undefined,
    cancelledBy: null,
    onTimedOut: () => undefined,
    claim: () => true,
    settledByWatchdog: Promise.resolve(null),
    confirm: async () => 'held',
  };
}
