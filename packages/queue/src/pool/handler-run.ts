import { JobTimeoutError } from '@sluice/shared';

/** How a handler's run ended, and what had aborted its signal by then, if anything had. */
export type Ending = { readonly abortedBy: Error | null } & (
  | { readonly how: 'returned'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown }
  /** It was not back by the end of its grace. */
  | { readonly how: 'abandoned' }
);

type Raw = { how: 'returned'; value: unknown } | { how: 'threw'; error: unknown } | { how: 'abandoned' };

export interface RunLimits {
  readonly timeoutMs: number;
  readonly graceMs: number;
}

/**
 * One run of a handler under its deadline. Whatever the handler does, the run ends: by the deadline its signal aborts, and
 * by the end of the grace it is abandoned. The first ending counts; a later one is swallowed.
 */
export class HandlerRun {
  readonly #limits: RunLimits;
  #controller: AbortController | undefined;
  readonly #ended = Promise.withResolvers<Ending>();
  #abortedBy: Error | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #over = false;

  constructor(limits: RunLimits) {
    this.#limits = limits;
  }

  /** Made when it is first asked for: many handlers never look at it, and it costs as much as all else of a run. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#abortedBy) this.#controller.abort(this.#abortedBy);
    return this.#controller.signal;
  }

  /**
   * Starts the handler. Never rejects.
   *
   * @param onReturn told when an abandoned handler comes back after all
   */
  start(handle: () => unknown, onReturn: () => void): Promise<Ending> {
    const { timeoutMs } = this.#limits;
    this.#deadline = setTimeout(() => this.interrupt(new JobTimeoutError(timeoutMs)), timeoutMs);
    void this.#call(handle, onReturn);
    return this.#ended.promise;
  }

  /** Aborts the signal and starts the grace. The first reason counts. */
  interrupt(reason: Error): void {
    if (this.#over || this.#abortedBy) return;
    this.#abortedBy = reason;
    clearTimeout(this.#deadline);
    this.#grace = setTimeout(() => this.#end({ how: 'abandoned' }), this.#limits.graceMs);
    this.#controller?.abort(reason);
  }

  /** Ends the run at once, with or without its handler: somebody else has ended the attempt. */
  giveUp(reason: Error): void {
    if (this.#over) return;
    const isAborted = this.#abortedBy !== null;
    this.#abortedBy ??= reason;
    this.#end({ how: 'abandoned' });
    if (!isAborted) this.#controller?.abort(reason);
  }

  async #call(handle: () => unknown, onReturn: () => void): Promise<void> {
    let ending: Raw;
    try {
      ending = { how: 'returned', value: await handle() };
    } catch (error) {
      ending = { how: 'threw', error };
    }
    if (this.#over) onReturn();
    else this.#end(ending);
  }

  #end(raw: Raw): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    this.#ended.resolve({ ...raw, abortedBy: this.#abortedBy });
  }
}
