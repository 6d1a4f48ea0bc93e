export { UndoStack } from './undo-stack.ts';
import { type OpenResource, resourceListener } from './resource-listener.ts';
import { StoppedError } from '../errors/service-errors.ts'; // alone: the lease thread loads little

/**
 * `new` → `starting` → `running` → `stopping` → `stopped`; from every one of them `stop()` leads to `stopped`, which is
 * for good.
 */
export type LifecycleState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

export interface LifecycleHooks {
  /**
   * For what a test may forget to stop: what it is, such as `producer of queue emails`, and how its owner stops it at once. Without it
   * no listener is called.
   */
  resource?: { readonly name: string; readonly stop: () => Promise<void> };
  /** Runs at most once. The signal aborts when `stop()` is called meanwhile; the hook may ignore it. */
  start?: (signal: AbortSignal) => Promise<void> | void;
  /**
   * Runs at most once, and only after the start hook has run and ended, well or badly. So it must cope with a start that
   * got half-way: it undoes what is there. Neither hook may wait for the other's call: that would be for ever.
   */
  stop?: () => Promise<void> | void;
}

/**
 * Start and stop, written once. Both may be called at any time, in any order, any number of times and at once; every
 * call of one gets the same promise, but for a start after a stop, which is refused.
 *
 * ```ts
 * class Poller {
 *   readonly #lifecycle = new Lifecycle({ start: () => this.#open(), stop: () => this.#close() });
 *   start(): Promise<void> { return this.#lifecycle.start(); }
 *   stop(): Promise<void> { return this.#lifecycle.stop(); }
 *   get state(): LifecycleState { return this.#lifecycle.state; }
 * }
 * ```
 *
 * What is built on it proves that it kept these promises with `stressLifecycle`, from `@sluice/testing/lifecycle`.
 */
export class Lifecycle implements AsyncDisposable {
  readonly #hooks: LifecycleHooks;
  readonly #stopRequested = new AbortController();
  #state: LifecycleState = 'new';
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #isStopRequested = false;
  #onStopped: () => void = () => undefined;

  constructor(hooks: LifecycleHooks) {
    this.#hooks = hooks;
  }

  /** Where it is now. */
  get state(): LifecycleState {
    return this.#state;
  }

  /**
   * Resolves once the start hook has. When that fails, what it began is undone (the stop hook runs) before this rejects
   * with its error; a failure of the undoing is what `stop()` then rejects with.
   *
   * @throws StoppedError once `stop()` was called, also when that was before the start was complete
   */
  start(): Promise<void> {
    if (this.#isStopRequested) return Promise.reject(new StoppedError());
    if (this.#starting) return this.#starting;
    // The promise is there before the hook runs, so that a call from within the hook finds it.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#starting = promise;
    this.#announce();
    resolve(this.#start());
    return promise;
  }

  /** Resolves once the stop hook has; at once when nothing was started. During a start, it waits for the start to end. */
  stop(): Promise<void> {
    this.#isStopRequested = true;
    return (this.#stopping ??= this.#stop());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Tells a test kit, if one listens, what is open and where it was started. */
  #announce(): void {
    const listener = resourceListener();
    const { resource: own } = this.#hooks;
    if (!listener || !own) return;
    const resource: OpenResource = {
      ...own,
      stack: deepStack(),
      isChanging: () => this.#stopping !== undefined || this.#state === 'starting',
    };
    this.#onStopped = () => listener.closed(resource);
    listener.opened(resource);
  }

  async #start(): Promise<void> {
    this.#state = 'starting';
    const { signal } = this.#stopRequested;
    try {
      await this.#hooks.start?.(signal);
    } catch (error) {
      signal.throwIfAborted(); // a start that was cut short may fail in any way
      // The caller of stop() gets the error of a failed undoing; here the first error counts.
      await this.#undo().catch(() => {});
      throw error;
    }
    if (signal.aborted) throw new StoppedError('it was stopped while it started');
    this.#state = 'running';
  }

  /** Becomes the promise of stop(): there is nothing left to stop afterwards. */
  #undo(): Promise<void> {
    this.#state = 'stopping';
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping = promise;
    resolve(this.#runStop());
    return promise;
  }

  async #stop(): Promise<void> {
    const starting = this.#starting;
    const before = this.#state;
    this.#state = starting ? 'stopping' : 'stopped';
    if (!starting) return;
    if (before === 'starting') this.#stopRequested.abort(new StoppedError('it was stopped while it started'));
    await starting.catch(() => {});
    await this.#runStop();
  }

  async #runStop(): Promise<void> {
    try {
      await this.#hooks.stop?.();
    } finally {
      this.#state = 'stopped';
      this.#onStopped();
    }
  }
}

/** Deep enough to reach the caller's own code behind ours. */
function deepStack(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const { stack = '' } = new Error('started here');
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}
