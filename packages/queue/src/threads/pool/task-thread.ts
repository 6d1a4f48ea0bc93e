import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { ThreadTask } from '../shared/thread-messages.ts';
import { threadBoot } from './thread-boot.ts';

/** A thread ended without an error: its code called `process.exit`. */
export class ThreadExit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the thread ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export interface TaskThreadDeps {
  readonly options: Pick<WorkerOptions, 'execArgv' | 'resourceLimits'>;
  /** Called once, when it takes no more tasks. */
  readonly onEnd: () => void;
  /** Called when it died while it ran nothing. */
  readonly onFault: (error: unknown) => void;
}

/** One thread, which runs one task after the other until it is ended or dies. */
export class TaskThread {
  readonly worker: Worker;
  readonly #deps: TaskThreadDeps;
  #running: PromiseWithResolvers<void> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #fault: unknown;
  #ended = false;

  constructor(deps: TaskThreadDeps) {
    this.#deps = deps;
    this.worker = new Worker(threadBoot, { ...deps.options, eval: true, name: 'sluice-handler' });
    this.worker.on('message', () => this.#running?.resolve());
    this.worker.on('error', (error) => (this.#fault = error));
    this.worker.once('exit', (code) => this.#handleExit(code));
  }

  /**
   * Runs a task; one at a time.
   *
   * @param signal ends the thread, and the wait for it at once
   * @throws what ended the thread; `ThreadExit` when that was no error
   */
  async run(task: ThreadTask, signal: AbortSignal): Promise<void> {
    clearTimeout(this.#idle);
    this.worker.ref();
    this.#running = Promise.withResolvers<void>();
    const abort = (): void => {
      this.#running?.reject(signal.reason);
      void this.end();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.worker.postMessage(task, [task.port]);
      await this.#running.promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#running = undefined;
    }
  }

  /** Ends the thread when it has had no task for so long. Until then it does not keep the process alive. */
  endAfter(idleMs: number): void {
    this.worker.unref();
    this.#idle = setTimeout(() => void this.end(), idleMs).unref();
  }

  /** Resolves when the thread is gone: native code is not interrupted. */
  async end(): Promise<void> {
    this.#markEnded();
    await this.worker.terminate();
  }

  #handleExit(code: number): void {
    const error = this.#fault ?? new ThreadExit(code);
    if (this.#running) this.#running.reject(error);
    else if (!this.#ended) this.#deps.onFault(error);
    this.#markEnded();
  }

  #markEnded(): void {
    clearTimeout(this.#idle);
    if (this.#ended) return;
    this.#ended = true;
    this.#deps.onEnd();
  }
}
