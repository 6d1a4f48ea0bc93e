import type { ThreadHandler } from '../../job/handler/in-thread.ts';
import type { ThreadPayload } from '../../job/handler/thread-handle.ts';
import { heapLimits } from './heap-limits.ts';
import { Semaphore } from '../../job/semaphore.ts';
import type { ThreadTask } from '../shared/thread-messages.ts';
import { PooledThread } from './pooled-thread.ts';
import { TaskThreads } from './task-threads.ts';

/** How long closing waits for threads that were ended and do not go: those inside native code. */
const GONE_MAX_MS = 5_000;

export interface ThreadGroupDeps {
  readonly handler: ThreadHandler;
  readonly threads: number;
  readonly queue: { readonly prefix: string; readonly name: string };
  /** Called for a thread that died while nothing ran in it. */
  readonly onFault: (error: unknown) => void;
}

/** The threads of one handler, handed out in the order of asking. None is started before it is needed. */
export class ThreadGroup {
  readonly #deps: ThreadGroupDeps;
  readonly #semaphore: Semaphore;
  readonly #ending = new Set<Promise<unknown>>();
  readonly #threads: TaskThreads;
  #closed = false;

  constructor(deps: ThreadGroupDeps) {
    this.#deps = deps;
    this.#semaphore = new Semaphore(deps.threads);
    const { memoryMaxBytes, idleMs, execArgv } = deps.handler.options;
    this.#threads = new TaskThreads({
      idleMs,
      options: { resourceLimits: heapLimits(memoryMaxBytes), ...(execArgv ? { execArgv: [...execArgv] } : {}) },
      onFault: deps.onFault,
    });
  }

  /**
   * Waits for a free thread that has loaded the module, and holds it.
   *
   * @throws the signal's reason when it aborts first; or why the module could not be loaded
   */
  async acquire(payload: ThreadPayload, signal: AbortSignal): Promise<PooledThread> {
    const release = await this.#semaphore.acquire(signal);
    const thread = this.#makeThread(payload);
    void thread.over.then(release);
    const { startMs } = this.#deps.handler.options;
    const late = new Error(`no thread had loaded the module after ${startMs} ms`);
    const giveUp = setTimeout(() => void thread.terminate(late), startMs);
    const callOff = (): void => void thread.terminate();
    signal.addEventListener('abort', callOff, { once: true });
    try {
      await thread.ready;
      return thread;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(giveUp);
      signal.removeEventListener('abort', callOff);
    }
  }

  /** Ends all threads. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const gone = Promise.allSettled([this.#threads.end(), ...this.#ending]);
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, GONE_MAX_MS);
    await Promise.race([gone, timeout.promise]);
    clearTimeout(timer);
  }

  #makeThread(payload: ThreadPayload): PooledThread {
    const { handler, queue } = this.#deps;
    const { contract, moduleUrl, options } = handler;
    return new PooledThread({
      task: { moduleUrl, job: contract.name, queue: { prefix: queue.prefix, name: queue.name } },
      payload,
      memoryMaxBytes: options.memoryMaxBytes,
      occupy: (task, ended) => this.#occupy(task, ended),
      findThread: (threadId) => this.#threads.find(threadId),
      onEnding: (gone) => this.#noteEnding(gone),
    });
  }

  #noteEnding(gone: Promise<unknown>): void {
    this.#ending.add(gone);
    void gone.finally(() => this.#ending.delete(gone));
  }

  async #occupy(task: ThreadTask, ended: AbortSignal): Promise<void> {
    if (this.#closed) throw new Error('the pool has stopped');
    await this.#threads.run(task, ended);
  }
}
