import { JobTimeoutError } from '../job/errors/index.ts';
import { type Interruptible, noPlace } from './interruption.ts';

/** How a handler's run ended, and what had aborted its signal by then, if anything had. */
export type Ending = { readonly abortedBy: Error | null } & (Saying | { readonly how: 'abandoned' });

/** What a handler says of its attempt: by returning, by throwing, or by a word while it goes on. */
export type Saying =
  | { readonly how: 'returned'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown };

/** `abandoned`: it was not back by the end of its grace. */
type Raw = Saying | { readonly how: 'abandoned' };

export interface RunLimits {
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** How long the run may last at most when its deadline is moved. Default: `timeoutMs`. */
  readonly timeoutMaxMs?: number;
  /** What the signal aborts with at a deadline so long after the start. Default: a JobTimeoutError. */
  readonly reasonAfter?: (timeoutMs: number) => Error;
}

/** Told of what may happen to a run beside its ending. */
export interface RunListener {
  /** The handler is given up. */
  onAbandoned(): void;
  /** A handler that was given up came back after all. */
  onReturned(): void;
  /** What the handler threw after it had said how its attempt ends. */
  onStray(error: unknown): void;
}

/**
 * One run of a handler under its deadline. Whatever the handler does, the run ends: by the deadline its signal aborts, and
 * by the end of the grace it is abandoned. The first ending counts; a later one is swallowed.
 *
 * A handler may say how its attempt ends before it returns. That is the attempt's ending then; the run is over when the
 * handler has returned all the same, or was abandoned.
 */
export class HandlerRun implements Interruptible {
  place = noPlace;
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
  #hasSaid = false;

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

  /** Resolves when the handler has returned, or was abandoned. */
  whenOver(): Promise<void> {
    this.#over ??= Promise.withResolvers();
    if (this.#isOver) this.#over.resolve();
    return this.#over.promise;
  }

  /**
   * Starts the handler. Never rejects.
   *
   * @returns how the attempt ended: by a word, or with the run
   */
  start(handle: () => unknown): Promise<Ending> {
    this.#startedAtMs = performance.now();
    this.#setDeadline();
    void this.#call(handle);
    return this.#ended.promise;
  }

  /** Ends the attempt while the handler goes on. The first word counts. @returns false when the attempt has ended before */
  say(saying: Saying): boolean {
    if (this.#isOver || this.#hasSaid) return false;
    this.#hasSaid = true;
    this.#ended.resolve({ ...saying, abortedBy: this.#abortedBy });
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

  /** Ends the run at once, with or without its handler: somebody else has ended the attempt. */
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
    let saying: Saying;
    try {
      saying = { how: 'returned', value: await handle() };
    } catch (error) {
      saying = { how: 'threw', error };
    }
    if (this.#isOver) return this.#listener.onReturned();
    if (this.#hasSaid && saying.how === 'threw' && saying.error !== this.#abortedBy)
      this.#listener.onStray(saying.error);
    this.#end(saying);
  }

  #abandon(): void {
    if (this.#isOver) return;
    this.#listener.onAbandoned();
    this.#end({ how: 'abandoned' });
  }

  #end(raw: Raw): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    this.#ended.resolve({ ...raw, abortedBy: this.#abortedBy });
    this.#over?.resolve();
  }
}
