import type { Worker } from 'node:worker_threads';
import { RedisUnavailableError } from '@sluice/shared';
import type { FromKeeper, ToKeeper } from './keeper-messages.ts';

/** How main gets to the keeper's thread. A thread that dies is replaced. */
export interface KeeperThread {
  attach(listener: ThreadListener): void;
  /** @throws RedisUnavailableError when the thread cannot connect in time */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @returns false when there is no thread at the moment */
  send(message: ToKeeper): boolean;
}

export interface ThreadListener {
  onMessage(message: FromKeeper): void;
  /** A new thread took the place of a dead one, and knows nothing yet. */
  onRestart(): void;
  onDeath(error: unknown): void;
}

export interface KeeperLinkOptions {
  readonly spawn: () => Worker;
  /** What may be shown of the Redis that the thread connects to. */
  readonly host: string;
}

const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 5_000;
/** How long a thread may take to close its connection before it is terminated. */
const CLOSE_MS = 2_000;

/** Starts the keeper's thread, restarts it when it dies, and ends it. */
export class KeeperLink implements KeeperThread {
  readonly #options: KeeperLinkOptions;
  #listener: ThreadListener | undefined;
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #fault: unknown;
  #failures = 0;
  #isReady = false;
  #stopped = false;

  constructor(options: KeeperLinkOptions) {
    this.#options = options;
  }

  attach(listener: ThreadListener): void {
    this.#listener = listener;
  }

  start(): Promise<void> {
    const ready = Promise.withResolvers<void>();
    this.#spawn((message) => {
      if (message.kind === 'ready') ready.resolve();
      if (message.kind === 'unavailable') {
        ready.reject(new RedisUnavailableError(this.#options.host, { cause: new Error(message.message) }));
      }
    });
    void this.#exited.then(() => {
      ready.reject(new Error('the lease keeper ended before it was ready', { cause: this.#fault }));
    });
    return ready.promise;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    if (this.#isReady) worker.postMessage({ kind: 'close' } satisfies ToKeeper);
    const timer = setTimeout(() => void worker.terminate(), this.#isReady ? CLOSE_MS : 0);
    await this.#exited;
    clearTimeout(timer);
  }

  send(message: ToKeeper): boolean {
    this.#worker?.postMessage(message);
    return this.#worker !== undefined;
  }

  #spawn(onMessage: (message: FromKeeper) => void): void {
    if (this.#stopped) return;
    const worker = this.#options.spawn();
    this.#worker = worker;
    this.#fault = undefined;
    worker.on('error', (error) => (this.#fault = error));
    worker.on('message', (message: FromKeeper) => {
      if (message.kind === 'ready') {
        this.#isReady = true;
        this.#failures = 0;
      }
      onMessage(message);
      this.#listener?.onMessage(message);
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#worker = undefined;
        this.#isReady = false;
        resolve();
        if (!this.#stopped)
          this.#replace(this.#fault ?? new Error(`the lease keeper's thread ended with code ${code}`));
      });
    });
  }

  #replace(error: unknown): void {
    this.#listener?.onDeath(error);
    const pauseMs = Math.min(RESTART_MIN_MS * 2 ** Math.min(this.#failures, 10), RESTART_MAX_MS);
    this.#failures += 1;
    this.#restart = setTimeout(() => {
      this.#spawn(() => undefined);
      this.#listener?.onRestart();
    }, pauseMs);
  }
}
