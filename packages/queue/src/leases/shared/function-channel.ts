import type { MessagePort } from 'node:worker_threads';
import type { FunctionOption } from '../../store/connection/options/thread-options.ts';

/** A function of the caller's, as the lease thread knows it. */
type ThreadFunction = Omit<FunctionOption, 'run'>;

/** How the lease thread calls the caller's functions. */
export interface FunctionChannel {
  readonly port: MessagePort;
  /** One number, which grows with each answer; the thread can wait for that. */
  readonly answered: SharedArrayBuffer;
  readonly functions: readonly ThreadFunction[];
}

export interface FunctionCall {
  readonly call: number;
  /** Which of the functions. */
  readonly index: number;
  readonly args: readonly unknown[];
}

export interface FunctionAnswer {
  readonly call: number;
  /** What was returned, or what the callback was called with. */
  readonly values: readonly unknown[];
  readonly error?: unknown;
}

/**
 * Runs the caller's functions for the lease thread, on the main thread: there they were made, and there is all that they refer
 * to. Ends with the thread.
 */
export function openFunctionChannel(functions: readonly FunctionOption[]): FunctionChannel {
  const { port1: here, port2: there } = new MessageChannel();
  const answered = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const counter = new Int32Array(answered);
  const answer = (message: FunctionAnswer): void => {
    here.postMessage(sendable(message));
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
  here.on('message', ({ call, index, args }: FunctionCall) => {
    const called = functions[index];
    if (!called) return;
    runFunction(called, args.map(withBuffers), (error, values) =>
      answer({ call, values, ...(error ? { error } : {}) }),
    );
  });
  here.unref();
  return { port: there, answered, functions: functions.map(({ run: _run, ...described }) => described) };
}

type Answered = (error: unknown, values: readonly unknown[]) => void;

function runFunction({ answers, run }: FunctionOption, args: unknown[], answered: Answered): void {
  try {
    if (answers === 'value') answered(null, [run(...args)]);
    else run(...args, (error: unknown, ...values: unknown[]) => answered(error, values));
  } catch (error) {
    answered(error, []);
  }
}

/** What a function answered may hold what no thread can be sent. */
function sendable(message: FunctionAnswer): FunctionAnswer {
  try {
    return structuredClone(message);
  } catch (error) {
    return { call: message.call, values: [], error };
  }
}

/** Bytes arrive as plain ones, where a certificate had buffers. The chain of a certificate ends in itself. */
function withBuffers(value: unknown): unknown {
  const seen = new Set<object>();
  const visit = (each: unknown): unknown => {
    if (each instanceof Uint8Array) return Buffer.from(each.buffer, each.byteOffset, each.byteLength);
    if (typeof each !== 'object' || each === null || seen.has(each)) return each;
    seen.add(each);
    for (const [name, inner] of Object.entries(each)) Reflect.set(each, name, visit(inner));
    return each;
  };
  return visit(value);
}
