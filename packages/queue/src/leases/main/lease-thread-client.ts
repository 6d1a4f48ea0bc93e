import { RedisUnavailableError } from '../../job/errors/index.ts';
import { Lifecycle, type LifecycleState } from '../../job/lifecycle/lifecycle.ts';
import type { LeaseReport, LeaseCommand } from '../shared/lease-thread-messages.ts';
import type { PoolSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { LeaseThread } from './lease-thread.ts';

/** What a pool needs of the lease thread. A thread that dies is replaced. */
export interface LeaseThreadPort {
  attach(listener: ThreadListener): void;
  /** @throws RedisUnavailableError when the thread cannot connect in time */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @returns false when there is no thread at the moment */
  send(message: LeaseCommand): boolean;
}

export interface ThreadListener {
  onMessage(message: LeaseReport): void;
  /** A new thread took the place of a dead one, and knows nothing yet. */
  onRestart(): void;
  onDeath(error: unknown): void;
}

export interface LeaseThreadClientDeps {
  /** Gives the thread for the pool's Redis. */
  readonly thread: () => LeaseThread;
  readonly setup: PoolSetup;
  /** What may be shown of the Redis that the thread connects to. */
  readonly host: string;
}

/** One pool's connection to the lease thread that it shares with others. */
export class LeaseThreadClient implements LeaseThreadPort {
  readonly #deps: LeaseThreadClientDeps;
  #listener: ThreadListener | undefined;
  #joined: { readonly thread: LeaseThread; readonly pool: number } | undefined;
  readonly #lifecycle = new Lifecycle({ start: (signal) => this.#join(signal), stop: () => this.#leave() });
  #failStart: (error: unknown) => void = () => undefined;
  #isReady = false;

  constructor(deps: LeaseThreadClientDeps) {
    this.#deps = deps;
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  attach(listener: ThreadListener): void {
    this.#listener = listener;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  #join(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#failStart = reject;
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const thread = this.#deps.thread();
    const pool = thread.join({
      setup: this.#deps.setup,
      onMessage: (message) => this.#hear(message, resolve),
      onRestart: () => this.#listener?.onRestart(),
      onDeath: (error) => {
        this.#isReady = false;
        reject(notReady(error));
        this.#listener?.onDeath(error);
      },
    });
    this.#joined = { thread, pool };
    return promise;
  }

  async #leave(): Promise<void> {
    await this.#joined?.thread.leave(this.#joined.pool, { isReady: this.#isReady });
  }

  send(message: LeaseCommand): boolean {
    return this.#joined?.thread.send(this.#joined.pool, message) ?? false;
  }

  #hear(message: LeaseReport, onReady: () => void): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      onReady();
    }
    if (message.kind === 'unavailable') {
      const cause = new Error(message.message);
      this.#failStart(new RedisUnavailableError(this.#deps.host, { cause }));
    }
    this.#listener?.onMessage(message);
  }
}

function notReady(cause: unknown): Error {
  return new Error('the lease thread ended before it was ready', { cause });
}
