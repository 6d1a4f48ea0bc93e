import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { FLAG_OF, type FromThread, type RunMessage, type ToThread } from '../shared/thread-messages.ts';
import { fromThrownData } from '../shared/thrown-data.ts';

/** Calls that may be under way at once: a loop that never awaits one must not fill the pool's memory. */
const CALLS_MAX = 1_000;
/** Lines of the log that may be on their way; the next ones are dropped, and counted. */
const LINES_MAX = 1_000;

type FirstMessage = RunMessage | { readonly type: 'release' };

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A thread's line to its pool. */
export class PoolPort {
  readonly firstMessage: Promise<FirstMessage>;
  readonly #port: MessagePort;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #first = Promise.withResolvers<FirstMessage>();
  readonly #controller = new AbortController();
  readonly #calls = new Map<number, PendingCall>();
  #lastCall = 0;
  #linesSent = 0;
  #linesDropped = 0;

  constructor(port: MessagePort, flags: Int32Array<SharedArrayBuffer>) {
    this.#port = port;
    this.#flags = flags;
    this.firstMessage = this.#first.promise;
    port.on('message', (message: ToThread) => this.#receive(message));
  }

  /** Aborts when the pool aborts the attempt, as soon as the word of it has arrived. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  send(message: FromThread): void {
    this.#port.postMessage(message);
  }

  /**
   * Whether the pool has said that the attempt is aborted, and what it said so far has arrived: also for who asks without
   * giving the loop a turn.
   */
  hearAbort(): boolean {
    if (Atomics.load(this.#flags, FLAG_OF.aborted) === 0) return false;
    for (let next = this.#next(); next; next = this.#next()) this.#receive(next.message);
    return true;
  }

  /** Calls a method of the attempt in the pool. @throws what the method throws */
  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#calls.size >= CALLS_MAX) {
      return Promise.reject(new RangeError(`${CALLS_MAX} calls are under way: await them`));
    }
    const call = (this.#lastCall += 1);
    const { promise, ...pending } = Promise.withResolvers<unknown>();
    try {
      this.send({ type: 'call', call, method, args });
      this.#calls.set(call, pending);
    } catch (error) {
      pending.reject(error); // what cannot be cloned
    }
    return promise;
  }

  /** Sends a line of the log. While too many are on their way it is dropped; the next one that is sent says so. */
  log(line: string): void {
    if (this.#linesSent - Atomics.load(this.#flags, FLAG_OF.linesWritten) >= LINES_MAX) {
      this.#linesDropped += 1;
      return;
    }
    if (this.#linesDropped > 0) this.#sayDropped();
    this.#linesSent += 1;
    this.send({ type: 'log', line });
  }

  close(): void {
    if (this.#linesDropped > 0) this.#sayDropped();
    this.#port.close();
  }

  #next(): { message: ToThread } | undefined {
    return receiveMessageOnPort(this.#port) as { message: ToThread } | undefined;
  }

  #receive(message: ToThread): void {
    switch (message.type) {
      case 'run':
      case 'release':
        return this.#first.resolve(message);
      case 'abort':
        return this.#controller.abort(fromThrownData(message.reason));
      case 'answer':
        return this.#settle(message);
      default:
        return message satisfies never;
    }
  }

  #settle({ call, value, thrown }: Extract<ToThread, { type: 'answer' }>): void {
    const pending = this.#calls.get(call);
    this.#calls.delete(call);
    if (thrown) pending?.reject(fromThrownData(thrown));
    else pending?.resolve(value);
  }

  #sayDropped(): void {
    const line = { level: 40, msg: `${this.#linesDropped} lines of the log were dropped: they came too fast` };
    this.#linesDropped = 0;
    this.#linesSent += 1;
    this.send({ type: 'log', line: JSON.stringify(line) });
  }
}
