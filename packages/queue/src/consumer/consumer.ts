import { checkOptions } from '../job/options/check-options.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import { OptionError, QueueClosedError, RedisUnavailableError } from '../job/errors/index.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { Lifecycle } from '../job/lifecycle/lifecycle.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import type { PoolEvents } from '../attempt/pool-events.ts';
import type { PoolHealth } from '../pool/pool-health.ts';
import type { RunningPool } from '../pool/running-pool.ts';
import type { Slots } from '../job/slots.ts';
import { TakeRequests, type TakeRequest } from './take-requests.ts';
import { type HeldLease, holdLease, type LeaseOf } from './job-lease.ts';

export interface TakeOptions {
  /**
   * How long to wait for a job, in milliseconds from 0 to 2,147,483,647. 0 looks once, `Infinity` waits without limit.
   *
   * @default Infinity
   */
  waitMs?: number;
  /**
   * Ends the wait: the call resolves with null.
   *
   * @default none
   */
  signal?: AbortSignal;
}

export interface LeasesOptions {
  /**
   * Ends the loop when there was no job for this long while Redis answered, in milliseconds as `waitMs` of a take.
   *
   * @default never
   */
  idleMs?: number;
  /**
   * Ends the loop.
   *
   * @default none
   */
  signal?: AbortSignal;
}

export interface ConsumerDeps {
  readonly queue: QueueDefinition;
  readonly slots: Slots;
  /** Where Redis is, for messages. */
  readonly host: () => string;
  readonly pool: () => RunningPool;
}

const { abortSignal, waitMs } = optionRule;
const TAKE_RULES = { waitMs: waitMs({ forever: true }), signal: abortSignal } satisfies OptionRules<TakeOptions>;
const LEASES_RULES = { idleMs: waitMs({ forever: true }), signal: abortSignal } satisfies OptionRules<LeasesOptions>;

/**
 * Takes jobs one by one, when it is asked to: the pull consumer. Made by `connectConsumer`.
 *
 * Behind it is a worker pool with a slot for each `take` that waits and for each lease that is held. Its handlers do nothing but
 * hand the attempt over, and are back when it is settled.
 */
export class Consumer<Q extends QueueDefinition> implements AsyncDisposable {
  readonly #deps: ConsumerDeps;
  readonly #requests: TakeRequests;
  /** By fencing token. */
  readonly #held = new Map<number, HeldLease>();
  readonly #lifecycle: Lifecycle;

  constructor(deps: ConsumerDeps) {
    this.#deps = deps;
    this.#lifecycle = new Lifecycle({
      resource: { name: `consumer of queue ${deps.queue.name}`, stop: () => this.close() },
      start: () => deps.pool().start(),
      stop: () => this.#close(),
    });
    this.#requests = new TakeRequests(deps.slots);
  }

  /** Static, because callers get a consumer that is started and can only close it. */
  static lifecycleOf(consumer: Consumer<QueueDefinition>): Lifecycle {
    return consumer.#lifecycle;
  }

  /**
   * Takes one job. Safe to call many times at once: those who wait are served in turn.
   *
   * @returns null when there was none in time, or the consumer was closed meanwhile
   * @throws RedisUnavailableError when the time is over and Redis is away, so it is unknown whether there was one
   * @throws QueueClosedError after `close`; OptionError when an option is out of its range, or unknown
   */
  async take(options: TakeOptions = {}): Promise<LeaseOf<Q> | null> {
    checkOptions('take', TAKE_RULES, options, OptionError);
    const { waitMs = Infinity, signal } = options;
    if (this.#isClosed) throw this.#closedError();
    if (signal?.aborted) return null;
    const request = this.#requests.add();
    const looked = this.#deps.pool().look();
    const over = Promise.withResolvers<void>();
    const timer = waitMs === Infinity ? undefined : setTimeout(over.resolve, waitMs);
    const callOff = (): void => this.#requests.cancel(request);
    signal?.addEventListener('abort', callOff, { once: true });
    try {
      await Promise.race([request.met, over.promise.then(() => this.#lastLook(request, looked))]);
      if (this.#requests.isOpen(request)) this.#endWait(request);
      return (await request.met) as LeaseOf<Q> | null;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', callOff);
    }
  }

  /**
   * Takes one job after the other, until there was none for `idleMs`, or the consumer is closed. The next one is taken when the
   * loop asks for it, whether or not the one before is settled. While Redis is away the loop waits.
   *
   * @throws OptionError at once when an option is out of its range, or unknown
   * @throws QueueClosedError from the loop when the consumer was closed before the call
   */
  leases(options: LeasesOptions = {}): AsyncGenerator<LeaseOf<Q>, void, undefined> {
    checkOptions('leases', LEASES_RULES, options, OptionError);
    return this.#leases(options, this.#isClosed);
  }

  async *#leases(
    { idleMs = Infinity, signal }: LeasesOptions,
    wasClosed: boolean,
  ): AsyncGenerator<LeaseOf<Q>, void, undefined> {
    if (wasClosed) throw this.#closedError();
    const options = { waitMs: idleMs, ...(signal ? { signal } : {}) };
    while (!this.#isClosed) {
      try {
        const lease = await this.take(options);
        if (!lease) return;
        yield lease;
      } catch (error) {
        if (!(error instanceof RedisUnavailableError)) throw error;
      }
    }
  }

  /** How the consumer's pool is doing. */
  health(): PoolHealth {
    return this.#deps.pool().health();
  }

  /** The events of a pool, see `PoolEvents`. @returns a function that ends the subscription */
  on<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): () => void {
    return this.#deps.pool().on(event, listener);
  }

  /** Ends every wait, gives back what is held, no attempt spent, and disconnects. */
  close(): Promise<void> {
    return this.#lifecycle.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The handler of every contract: hands the attempt to the take that waits. */
  async handOver(contract: JobContract, attempt: Attempt): Promise<void> {
    const held = holdLease(contract, attempt);
    this.#held.set(attempt.fencingToken, held);
    if (this.#isClosed || !this.#requests.meet(held.lease)) {
      this.#held.delete(attempt.fencingToken);
      return held.giveBack();
    }
    await held.ended;
  }

  /** Nothing of this delivery runs here any more. */
  release(fence: number): void {
    const held = this.#held.get(fence);
    if (!held) return;
    this.#held.delete(fence);
    this.#deps.slots.shrink();
    // One whose holder did not settle it in time is over, too: a restart of the process would not help.
    held.forget();
  }

  /** Time is over: but a look that began before counts, and so does a job that is on its way from there. */
  async #lastLook(request: TakeRequest, looked: Promise<void>): Promise<void> {
    const { slots } = this.#deps;
    await looked;
    const gone = new AbortController();
    while (this.#requests.isOpen(request) && slots.busy > this.#held.size) {
      await Promise.race([request.met, slots.whenVacated(gone.signal)]);
    }
    gone.abort();
  }

  get #isClosed(): boolean {
    const { state } = this.#lifecycle;
    return state === 'stopping' || state === 'stopped';
  }

  #closedError(): QueueClosedError {
    return new QueueClosedError(this.#deps.queue.name, 'the consumer is closed');
  }

  #endWait(request: TakeRequest): void {
    this.#requests.cancel(request);
    if (this.health().redis === 'away') throw new RedisUnavailableError(this.#deps.host());
  }

  async #close(): Promise<void> {
    this.#requests.cancelAll();
    const pool = this.#deps.pool();
    await Promise.all([...[...this.#held.values()].map((held) => held.giveBack()), pool.stop()]);
  }
}
