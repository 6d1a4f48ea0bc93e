import type { Worker } from 'node:worker_threads';
import type { ThreadTask } from '../shared/thread-messages.ts';
import { TaskThread, type TaskThreadDeps } from './task-thread.ts';

export interface TaskThreadsDeps extends Pick<TaskThreadDeps, 'options' | 'onFault'> {
  /** How long a thread without a task is kept. */
  readonly idleMs: number;
}

/** Threads for tasks of one kind: one is started when all others are busy, and kept for a while. Who asks bounds their number. */
export class TaskThreads {
  readonly #deps: TaskThreadsDeps;
  readonly #all = new Set<TaskThread>();
  readonly #free = new Set<TaskThread>();

  constructor(deps: TaskThreadsDeps) {
    this.#deps = deps;
  }

  /** Runs a task in a thread of its own. @see TaskThread.run */
  async run(task: ThreadTask, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const thread = this.#take() ?? this.#start();
    await thread.run(task, signal);
    if (!this.#all.has(thread)) return;
    this.#free.add(thread);
    thread.endAfter(this.#deps.idleMs);
  }

  find(threadId: number): Worker | undefined {
    for (const { worker } of this.#all) if (worker.threadId === threadId) return worker;
    return undefined;
  }

  /** Resolves when all are gone. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  /** The one that was busy last, so that the others can be given up. */
  #take(): TaskThread | undefined {
    const thread = [...this.#free].at(-1);
    if (thread) this.#free.delete(thread);
    return thread;
  }

  #start(): TaskThread {
    const { options, onFault } = this.#deps;
    const thread: TaskThread = new TaskThread({ options, onFault, onEnd: () => this.#forget(thread) });
    this.#all.add(thread);
    return thread;
  }

  #forget(thread: TaskThread): void {
    this.#all.delete(thread);
    this.#free.delete(thread);
  }
}
