import { type JobContract } from '../job/contracts/job-contract.ts';
import { JobTimeoutError, JobExpiredError } from '../job/errors/index.ts';
import { attemptTimeout } from '../job/attempt-timeout.ts';
import type { StoredOptions } from '../job/stored-options.ts';
import { type Interruptible, NOT_LISTED } from './abort-registry.ts';

/** How a handler's run ended, and what had aborted its signal by then, if anything had. */
export type Ending = { readonly abortedBy: Error | null } & (HandlerEnd | { readonly how: 'abandoned' });

/** How a handler ends its attempt: it returns, it throws, or it calls an ack method and goes on. */
export type HandlerEnd =
  | { readonly how: 'returned'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown };

/** `abandoned`: it was not back by the end of its grace. */
type RunEnd = HandlerEnd | { readonly how: 'abandoned' };

export interface RunLimits {
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** How long the run may last at most when its deadline is moved. Default: `timeoutMs`. */
  readonly timeoutMaxMs?: number;
  /** What the signal aborts with at a deadline so long after the start. Default: a JobTimeoutError. */
  readonly reasonAfter?: (timeoutMs: number) => Error;
}

/** The times of an attempt that starts now: the job's own timeout over the contract's, and never beyond the job's expiry. */
export function attemptLimits(options: StoredOptions, contract: JobContract, nowMs: number): RunLimits {
  const expiresAtMs = options.sluice?.e;
  if (expiresAtMs === undefined && options.sluice?.t === undefined) return contract;
  const expiresInMs = Math.max((expiresAtMs ?? Infinity) - nowMs, 1);
  return {
    timeoutMs: Math.min(attemptTimeout(options, contract), expiresInMs),
    timeoutMaxMs: Math.min(contract.timeoutMaxMs, expiresInMs),
    graceMs: contract.graceMs,
    reasonAfter: (timeoutMs) =>
      expiresAtMs !== undefined && timeoutMs >= expiresInMs
        ? new JobExpiredError(expiresAtMs)
        : new JobTimeoutError(timeoutMs),
  };
}

/** Callbacks for everything but the run's result. */
export interface RunListener {
  /** The handler is given up. */
  onAbandoned(): void;
  /** A handler that was given up came back after all. */
  onReturned(): void;
  /** What the handler threw after it had settled its attempt by an ack method. */
  onErrorAfterSettle(error: unknown): void;
}

/** Counts the abandoned attempts of one call of a handler. A call with several counts as abandoned once. */
export interface CallCount {
  abandoned: number;
}

/**
 * One run of a handler under its deadline. Whatever the handler does, the run ends: by the deadline its signal aborts, and
 * by the end of the grace it is abandoned. The first ending counts; a later one is swallowed.
 *
 * A handler may settle its attempt before it returns. That is the attempt's ending then. The run still goes on until the
 * handler has returned or was abandoned.
 */
export class HandlerRun implements Interruptible {
  index = NOT_LISTED;
  readonly #limits: RunLimits;
  readonly #listener: RunListener;
  readonly #controller = new AbortController();
  readonly #ended = Promise.withResolvers<Ending>();
  #over: PromiseWithResolvers<void> | undefined;
  #timeoutMs: number;
  #startedAtMs = 0;
  #abortedBy: Error | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #isOver = false;
  #isSettledEarly = false;

  constructor(limits: RunLimits, listener: RunListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#timeoutMs = limits.timeoutMs;
  }

  /** The deadline, from the start. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get graceMs(): number {
    return this.#limits.graceMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the handler has returned, or was abandoned. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the attempt has its ending. */
  get isSettled(): boolean {
    return this.#isOver || this.#isSettledEarly;
  }

  /** Resolves when the handler has returned, or was abandoned. */
  whenOver(): Promise<void> {
    this.#over ??= Promise.withResolvers();
    if (this.#isOver) this.#over.resolve();
    return this.#over.promise;
  }

  /**
   * Starts the handler. Never rejects.
   *
   * @returns how the attempt ended: by an ack method, or with the run
   */
  start(handle: () => unknown): Promise<Ending> {
    this.#startedAtMs = performance.now();
    this.#setDeadline();
    void this.#call(handle);
    return this.#ended.promise;
  }

  /** Settles the attempt while the handler goes on. The first call counts. @returns false when the attempt has ended before */
  settleEarly(end: HandlerEnd): boolean {
    if (this.#isOver || this.#isSettledEarly) return false;
    this.#isSettledEarly = true;
    this.#ended.resolve({ ...end, abortedBy: this.#abortedBy });
    return true;
  }

  /**
   * Moves the deadline, at most to `timeoutMaxMs` after the start.
   *
   * @returns how long it is until then
   * @throws the reason of the signal once that has aborted
   */
  extend(ms: number): number {
    if (this.#abortedBy) throw this.#abortedBy;
    const { timeoutMaxMs = this.#limits.timeoutMs } = this.#limits;
    this.#timeoutMs = Math.min(this.#timeoutMs + ms, timeoutMaxMs);
    if (!this.#isOver) this.#setDeadline();
    return this.leftMs;
  }

  /** Aborts the signal and starts the grace. The first reason counts. */
  interrupt(reason: Error): void {
    if (this.#isOver || this.#abortedBy) return;
    this.#abortedBy = reason;
    clearTimeout(this.#deadline);
    this.#grace = setTimeout(() => this.#abandon(), this.#limits.graceMs);
    this.#controller.abort(reason);
  }

  /** Ends the run at once, whether or not its handler is back: the lease thread has settled the attempt. */
  giveUp(reason: Error): void {
    if (this.#isOver) return;
    const isAborted = this.#abortedBy !== null;
    this.#abortedBy ??= reason;
    this.#abandon();
    if (!isAborted) this.#controller.abort(reason);
  }

  /** How long it is until the deadline. */
  get leftMs(): number {
    return Math.max(this.#startedAtMs + this.#timeoutMs - performance.now(), 0);
  }

  #setDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.interrupt(this.#reason()), Math.ceil(this.leftMs));
  }

  #reason(): Error {
    return this.#limits.reasonAfter?.(this.#timeoutMs) ?? new JobTimeoutError(this.#timeoutMs);
  }

  async #call(handle: () => unknown): Promise<void> {
    let end: HandlerEnd;
    try {
      end = { how: 'returned', value: await handle() };
    } catch (error) {
      end = { how: 'threw', error };
    }
    if (this.#isOver) return this.#listener.onReturned();
    if (this.#isSettledEarly && end.how === 'threw' && end.error !== this.#abortedBy)
      this.#listener.onErrorAfterSettle(end.error);
    this.#end(end);
  }

  #abandon(): void {
    if (this.#isOver) return;
    this.#listener.onAbandoned();
    this.#end({ how: 'abandoned' });
  }

  #end(end: RunEnd): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    this.#ended.resolve({ ...end, abortedBy: this.#abortedBy });
    this.#over?.resolve();
  }
}
