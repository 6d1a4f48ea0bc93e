import { checkOptions } from '../job/options/check-options.ts';
import { asStringifiable } from '../job/encoding/exact-json.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import {
  CompletionRefusedError,
  ExtensionInvalidError,
  JobAlreadySettledError,
  LeaseLostError,
  OptionError,
  PermanentJobError,
  RetryLaterError,
} from '../job/errors/index.ts';
import { type Logger } from '../job/logging/logger.ts';
import { type ChildRecord, childOutcomes } from '../job/handler/child-outcome.ts';
import type { AckArguments, Attempt } from '../job/handler/attempt.ts';
import { delayMs } from '../job/options/option-rules.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { progressAsJson } from '../job/progress-json.ts';
import { attemptsOf } from '../job/retry-delay.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import type { HandlerRun, HandlerEnd } from './handler-run.ts';

/** What it needs of its pool. */
export type ContextServices = Pick<PoolServices, 'store' | 'leases' | 'events' | 'clock' | 'log'>;

const NACK_RULES = { delayMs: delayMs() };

/** What a handler gets. Its methods work without `this`, and it may be taken apart or copied. */
export class AttemptContext {
  /** A property of each attempt, for one of the class would be left out of a copy. Shared, to be quick. */
  static readonly #logProperty = {
    enumerable: true,
    get(this: AttemptContext): Logger {
      return (this.#log ??= this.#makeLog());
    },
  };

  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fencingToken: number;
  readonly signal: AbortSignal;
  deadlineAtMs: number;
  /** Made when the handler first looks at it: a logger costs as much as all else. */
  declare readonly log: Logger;
  readonly progress: (value: unknown) => Promise<void>;
  readonly children: Attempt['children'];
  readonly ack: AttemptControls['ack'];
  readonly nack: AttemptControls['nack'];
  readonly term: AttemptControls['term'];
  readonly extend: AttemptControls['extend'];
  readonly #record: AttemptRecord;
  readonly #services: ContextServices;
  readonly #startedAtMs: number;
  #log: Logger | undefined;
  #open = true;

  constructor(record: AttemptRecord, contract: JobContract, run: HandlerRun, services: ContextServices) {
    const { delivery, about } = record;
    const controls = new AttemptControls(about.id, run, (ms) => this.#extend(ms, run));
    record.controls = controls;
    this.id = about.id;
    this.payload = record.payload;
    this.attempt = about.attempt;
    this.maxAttempts = attemptsOf(delivery.options, contract);
    this.fencingToken = delivery.fence;
    this.signal = run.signal;
    this.#startedAtMs = services.clock.wallMs();
    this.deadlineAtMs = this.#startedAtMs + run.timeoutMs;
    this.#record = record;
    this.#services = services;
    Object.defineProperty(this, 'log', AttemptContext.#logProperty);
    this.ack = controls.ack;
    this.nack = controls.nack;
    this.term = controls.term;
    this.extend = controls.extend;
    this.children = async (job) => childOutcomes(job, await this.childRecords());
    this.progress = (value) => {
      const written = this.#write(value);
      written.catch(() => undefined); // progress need not be awaited: a lost update must not end the process
      return written;
    };
  }

  /** From now on progress is refused: a handler that was given up must not write. The ack methods refuse by themselves. */
  static close(context: AttemptContext): void {
    context.#open = false;
  }

  /** As its handler sees it. What belongs to the pool is static, so that the handler does not get it. */
  static shown(context: AttemptContext): Attempt<JobContract> {
    return context as unknown as Attempt<JobContract>;
  }

  /** What `children` reads, for a handler in a thread: contracts cannot be sent. A method, so that no copy of the attempt has it. */
  childRecords(): Promise<ChildRecord[]> {
    return this.#services.store.readChildren(this.#record.delivery);
  }

  #makeLog(): Logger {
    const { id, job, attempt } = this.#record.about;
    return this.#services.log.child({ job, jobId: id, attempt });
  }

  /**
   * Moves the deadline of the run, and its lease with it.
   *
   * @param ms how much later; what goes beyond the contract's `timeoutMaxMs`, or the job's expiry, is cut off
   * @returns the new deadline, in milliseconds since the epoch
   * @throws ExtensionInvalidError; the reason of the signal once that has aborted; LeaseLostError
   */
  async #extend(ms: number, run: HandlerRun): Promise<number> {
    if (!(Number.isFinite(ms) && ms > 0)) throw new ExtensionInvalidError(`extend wants a number above 0, not ${ms}`);
    const { leases, events } = this.#services;
    const { lease, delivery, about } = this.#record;
    const leftMs = run.extend(ms) + run.graceMs;
    leases.limit(lease, { timeoutMs: run.timeoutMs, leftMs });
    // Not left to the next round of renewals: the lease may end before that.
    if ((await lease.confirm()) === 'lost') throw new LeaseLostError(delivery.id);
    this.deadlineAtMs = this.#startedAtMs + run.timeoutMs;
    events.emit('extended', { ...about, deadlineAtMs: this.deadlineAtMs });
    return this.deadlineAtMs;
  }

  async #write(value: unknown): Promise<void> {
    if (!this.#open) throw new LeaseLostError(this.id);
    await this.#services.store.saveProgress(this.#record.delivery, asStringifiable(progressAsJson(value)));
  }
}

interface EarlySettle {
  /** The outcome that the ack method asks for. */
  readonly wants: AttemptOutcome['kind'];
  readonly answer: PromiseWithResolvers<void>;
}

/**
 * The ack methods, by which a handler settles its attempt before it returns, and `extend`. The first ack method counts; its
 * promise resolves when the end is written. They work without `this`.
 */
export class AttemptControls {
  readonly ack: (...result: AckArguments<unknown>) => Promise<void>;
  readonly nack: (options?: { delayMs?: number }) => Promise<void>;
  readonly term: (reason: string) => Promise<void>;
  readonly extend: (ms: number) => Promise<number>;
  readonly #id: string;
  readonly #run: Pick<HandlerRun, 'settleEarly'>;
  #early: EarlySettle | null = null;

  /**
   * @param id in its caller's form
   * @param extend moves the deadline and the lease, and returns the new deadline in milliseconds since the epoch
   */
  constructor(id: string, run: Pick<HandlerRun, 'settleEarly'>, extend: (ms: number) => Promise<number>) {
    this.#id = id;
    this.#run = run;
    this.ack = (value) => this.#settle('completed', { how: 'returned', value });
    this.nack = (options = {}) => this.#nack(options);
    this.term = (reason) => this.#settle('dead', { how: 'threw', error: new PermanentJobError(reason) });
    this.extend = (ms) => handled(this.#early ? Promise.reject(this.#tooLate()) : extend(ms));
  }

  /** Resolves or rejects the promise of the ack method that was called, if one was. */
  answer(outcome: AttemptOutcome, written: boolean): void {
    if (!this.#early) return;
    const { wants, answer } = this.#early;
    if (written && outcome.kind === wants) answer.resolve();
    else if (written && outcome.kind === 'dead') answer.reject(new CompletionRefusedError(outcome.failure.message));
    else answer.reject(new LeaseLostError(this.#id));
  }

  #nack(options: { delayMs?: number }): Promise<void> {
    try {
      checkOptions('nack', NACK_RULES, options, OptionError);
    } catch (error) {
      return handled(Promise.reject(error));
    }
    const { delayMs = 0 } = options;
    const error = new RetryLaterError({ delayMs, reason: 'given back by nack' });
    return this.#settle('released', { how: 'threw', error });
  }

  #settle(wants: AttemptOutcome['kind'], end: HandlerEnd): Promise<void> {
    if (!this.#run.settleEarly(end)) return handled(Promise.reject(this.#tooLate()));
    this.#early = { wants, answer: Promise.withResolvers() };
    return handled(this.#early.answer.promise);
  }

  #tooLate(): JobAlreadySettledError {
    return new JobAlreadySettledError(this.#id);
  }
}

/** A caller need not wait for an ack method, so an unhandled refusal must not end the process. */
function handled<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined);
  return answer;
}
