import dns from 'node:dns';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { CallerFunction } from '../../store/connection/options/thread-options.ts';
import type { RedisInput } from '../../store/connection/redis-input.ts';
import type { FunctionAnswer, FunctionCall, FunctionChannel } from '../shared/function-channel.ts';

/** How long a callback may take. */
const CALLBACK_MS = 2_000;
/** How long the thread stands still for an answer: renewals wait meanwhile. */
const VALUE_MS = 250;
/** More questions than any cluster asks. */
const KNOWN_MAX = 1_000;
const BLOCKED = 'the main thread, where this function runs, gave no answer in time';

/** Puts what stands for the caller's functions where they stood. */
export function withFunctions(input: RedisInput, line: FunctionChannel): RedisInput {
  const functions = new CallerFunctions(line);
  line.functions.forEach(({ path, builtIn }, index) => {
    const run = builtIn ? dns[builtIn] : functions.stub(index);
    path.reduce<object>((at, name, depth) => {
      if (depth === path.length - 1) Reflect.set(at, name, run);
      return (Reflect.get(at, name) ?? {}) as object;
    }, input as object);
  });
  return input;
}

/**
 * Calls the caller's functions from the lease thread, when it connects. While the main thread is blocked its last answer to
 * the same question holds, so that leases are renewed all the same.
 */
class CallerFunctions {
  readonly #line: FunctionChannel;
  readonly #counter: Int32Array;
  readonly #waiting = new Map<number, (answer: FunctionAnswer) => void>();
  /** The last answer to each question: it holds while the main thread is blocked. */
  readonly #known = new Map<string, readonly unknown[]>();
  #calls = 0;

  constructor(line: FunctionChannel) {
    this.#line = line;
    this.#counter = new Int32Array(line.answered);
    line.port.on('message', (answer: FunctionAnswer) => this.#hear(answer));
    line.port.unref();
  }

  /** A function that stands for one of the caller's. */
  stub(index: number): CallerFunction {
    const described = this.#line.functions[index];
    if (described?.answers === 'value') return (...args) => this.#callAndWait(index, args);
    return (...args) => this.#call(index, args.slice(0, -1), args.at(-1) as CallerFunction);
  }

  #call(index: number, args: readonly unknown[], callback: CallerFunction): void {
    const key = keyOf(index, args);
    const call = this.#send(index, args);
    const end = (answer?: FunctionAnswer): void => {
      clearTimeout(timer);
      this.#waiting.delete(call);
      const values = answer ? this.#remember(key, answer) : this.#known.get(key);
      if (values) callback(null, ...values);
      else callback(answer?.error ?? new Error(BLOCKED));
    };
    const timer = setTimeout(end, CALLBACK_MS);
    this.#waiting.set(call, end);
  }

  #callAndWait(index: number, args: readonly unknown[]): unknown {
    const key = keyOf(index, args);
    const answer = this.#waitFor(this.#send(index, args));
    const values = answer ? this.#remember(key, answer) : this.#known.get(key);
    if (values) return values[0];
    // Where a certificate is checked this refuses it, elsewhere the best is to change nothing.
    return this.#line.functions[index]?.path.at(-1) === 'checkServerIdentity'
      ? (answer?.error ?? new Error(BLOCKED))
      : null;
  }

  #send(index: number, args: readonly unknown[]): number {
    const call = (this.#calls += 1);
    this.#line.port.postMessage({ call, index, args } satisfies FunctionCall);
    return call;
  }

  #waitFor(call: number): FunctionAnswer | undefined {
    const deadline = performance.now() + VALUE_MS;
    const heard: FunctionAnswer[] = [];
    this.#waiting.set(call, (answer) => void heard.push(answer));
    while (heard.length === 0 && performance.now() < deadline) {
      const seen = Atomics.load(this.#counter, 0);
      this.#hearAll();
      if (heard.length === 0) Atomics.wait(this.#counter, 0, seen, Math.max(deadline - performance.now(), 0));
    }
    this.#waiting.delete(call);
    return heard[0];
  }

  #hearAll(): void {
    const { port } = this.#line;
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      this.#hear(next.message as FunctionAnswer);
    }
  }

  #hear(answer: FunctionAnswer): void {
    this.#waiting.get(answer.call)?.(answer);
  }

  /** @returns null when it failed: that is no answer to go on with */
  #remember(key: string, { error, values }: FunctionAnswer): readonly unknown[] | null {
    if (error !== undefined) return null;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(key, values);
    return values;
  }
}

/** What distinguishes one question from another. A certificate is known by its fingerprint. */
function keyOf(index: number, args: readonly unknown[]): string {
  const named = args.map((arg) =>
    typeof arg === 'object' && arg !== null && 'fingerprint256' in arg ? arg.fingerprint256 : arg,
  );
  return JSON.stringify([index, ...named]);
}
