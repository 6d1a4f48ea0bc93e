import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { writeRelayed } from '../../job/logging/relay-logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { ThreadHandle, ThreadPayload } from '../../job/handler/thread-handle.ts';
import { watchMemory } from './heap-limits.ts';
import { JobThreadDiedError } from '../../job/errors/index.ts';
import { FLAG_OF, FLAGS, type FromThread, type ThreadTask, type ToThread } from '../shared/thread-messages.ts';
import { ThreadResult } from '../shared/thread-result.ts';
import { fromThrownData, toThrownData } from '../shared/thrown-data.ts';
import { runMessage } from './run-message.ts';
import { ThreadExit } from './task-thread.ts';

export interface PooledThreadDeps {
  readonly task: Omit<ThreadTask, 'port' | 'flags'>;
  readonly payload: ThreadPayload;
  readonly memoryMaxBytes: number;
  /** Gives a free thread the task. Resolves when it is done with it; rejects when the thread died, or was ended. */
  readonly occupy: (task: ThreadTask, ended: AbortSignal) => Promise<void>;
  readonly findThread: (threadId: number) => Worker | undefined;
  /** Called when the thread is being ended, and until when. */
  readonly onEnding: (gone: Promise<unknown>) => void;
}

type Running = Attempt & Readonly<Record<string, unknown>>;

/** A thread that is held for one attempt, seen from the pool. */
export class PooledThread implements ThreadHandle {
  /** Resolves when the module is loaded and the attempt may start; rejects when that cannot be. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is free for another attempt, or ended. */
  readonly over: Promise<void>;
  readonly #deps: PooledThreadDeps;
  readonly #port: MessagePort;
  readonly #flags = new Int32Array(new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT));
  readonly #ended = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #result = Promise.withResolvers<ThreadResult>();
  #attempt: Running | null = null;
  #thread: Worker | undefined;

  constructor(deps: PooledThreadDeps) {
    this.#deps = deps;
    this.ready = this.#ready.promise;
    for (const each of [this.ready, this.#result.promise]) each.catch(() => undefined); // callers that wait still get the error
    const { port1, port2 } = new MessageChannel();
    this.#port = port1.on('message', (message: FromThread) => this.#receive(message));
    const task = { ...deps.task, port: port2, flags: this.#flags };
    this.over = deps.occupy(task, this.#ended.signal).then(
      () => this.#finish(new Error('it ended without a message')),
      (error: unknown) => this.#finish(error),
    );
  }

  /** Runs the attempt. Rejects with what the handler threw, or with `JobThreadDiedError`. */
  async handle(attempt: Attempt): Promise<ThreadResult> {
    this.#send(runMessage(attempt, this.#deps.payload));
    this.#attempt = attempt as Running;
    const unwatch = this.#watchMemory();
    const abort = (): void => this.#abort(attempt.signal.reason);
    attempt.signal.addEventListener('abort', abort, { once: true });
    try {
      return await this.#result.promise;
    } finally {
      unwatch();
      attempt.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Ends the thread, whatever it does. Resolves when it is gone: native code is not interrupted.
   *
   * @param reason what the attempt fails with, if it still runs
   */
  async terminate(reason?: Error): Promise<void> {
    if (reason) this.#fail(reason);
    const thread = this.#thread;
    const gone = thread && thread.threadId !== -1 ? exitOf(thread) : Promise.resolve();
    this.#deps.onEnding(gone);
    this.#ended.abort();
    await gone;
  }

  /** To be called when the attempt no longer needs the thread. */
  release(): void {
    if (!this.#attempt) this.#send({ type: 'release' });
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case 'ready':
        this.#thread = this.#deps.findThread(message.threadId);
        return this.#ready.resolve();
      case 'unfit':
        return this.#ready.reject(fromThrownData(message.thrown));
      case 'call':
        return void this.#answer(message);
      case 'log':
        return this.#log(message.line);
      case 'returned':
        return this.#result.resolve(new ThreadResult({ json: message.json }));
      case 'refused':
        return this.#result.resolve(new ThreadResult({ refusal: fromThrownData(message.thrown) }));
      case 'threw':
        return this.#result.reject(fromThrownData(message.thrown));
      default:
        return message satisfies never;
    }
  }

  async #answer({ call, method, args }: Extract<FromThread, { type: 'call' }>): Promise<void> {
    try {
      const called = this.#attempt?.[method];
      const value: unknown = typeof called === 'function' ? await called.apply(this.#attempt, args) : undefined;
      this.#send({ type: 'answer', call, value, thrown: null });
    } catch (error) {
      this.#send({ type: 'answer', call, value: undefined, thrown: toThrownData(error) });
    }
  }

  #log(line: string): void {
    Atomics.add(this.#flags, FLAG_OF.linesWritten, 1);
    try {
      if (this.#attempt) writeRelayed(this.#attempt.log, line);
    } catch {
      // What cannot be written is no reason to harm anybody.
    }
  }

  #abort(reason: unknown): void {
    Atomics.store(this.#flags, FLAG_OF.aborted, 1);
    this.#send({ type: 'abort', reason: toThrownData(reason) });
  }

  #watchMemory(): () => void {
    const { memoryMaxBytes } = this.#deps;
    if (!this.#thread) return () => undefined;
    return watchMemory(this.#thread, memoryMaxBytes, (bytes) => {
      void this.terminate(outOfMemory(bytes));
    });
  }

  /** What the thread said last may be in the port still. */
  #finish(cause: unknown): void {
    for (let last = receiveMessageOnPort(this.#port); last; last = receiveMessageOnPort(this.#port)) {
      this.#receive((last as { message: FromThread }).message);
    }
    this.#port.close();
    this.#fail(threadDied(cause));
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    this.#result.reject(error);
  }

  #send(message: ToThread): void {
    this.#port.postMessage(message);
  }
}

/** Resolves when the thread is gone, also when an error was its end. */
function exitOf(thread: Worker): Promise<void> {
  return new Promise((resolve) => thread.once('exit', () => resolve()));
}

/** The error of an attempt whose thread is gone, from what is known of its end. */
export function threadDied(cause: unknown): JobThreadDiedError {
  if (cause instanceof ThreadExit)
    return new JobThreadDiedError(`the handler ended its thread with exit code ${cause.exitCode}`, 'exit');
  const message = cause instanceof Error ? cause.message : String(cause);
  if (codeOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY') return outOfMemory(cause);
  return new JobThreadDiedError(`an uncaught error ended the thread: ${message}`, 'error', { cause });
}

/** @param cause what V8 said; or how many bytes the thread held when it was ended */
export function outOfMemory(cause: unknown): JobThreadDiedError {
  const held = typeof cause === 'number' ? `: it held ${Math.round(cause / 2 ** 20)} MiB` : '';
  const options = typeof cause === 'number' ? undefined : { cause };
  return new JobThreadDiedError(`the thread was ended because it used too much memory${held}`, 'memory', options);
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
