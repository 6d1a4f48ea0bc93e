import type { MessagePort } from 'node:worker_threads';
import type { LogLevel } from '../../job/logging/logger.ts';
import type { ThrownData } from './thrown-data.ts';

/** What a thread needs for one attempt: the payload, and the module that is to run it. All of it can be cloned. */
export interface ThreadTask {
  readonly port: MessagePort;
  /** See {@link FLAG_OF}. */
  readonly flags: Int32Array<SharedArrayBuffer>;
  readonly moduleUrl: string;
  /** The contract's name. */
  readonly job: string;
  readonly queue: { readonly prefix: string; readonly name: string };
}

/** Shared numbers, which a thread sees even while it does not listen. */
export const FLAG_OF = {
  /** Not 0: the attempt is aborted, and the message that says why is in the port, or will be at once. */
  aborted: 0,
  /** How many lines of the log the pool has written. */
  linesWritten: 1,
} as const;
export const FLAGS = 2;

/** One attempt, as it is handed to a thread. */
export interface RunMessage {
  readonly type: 'run';
  /** The payload's version and its JSON. */
  readonly version: number;
  readonly json: string;
  /** The fields of the attempt that are plain data: id, attempt, deadline and so on. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The attempt's methods: a call of one is sent to the pool. */
  readonly methods: readonly string[];
  readonly logLevel: LogLevel;
}

export type ToThread =
  | RunMessage
  /** Nothing is to be run after all. */
  | { readonly type: 'release' }
  | { readonly type: 'abort'; readonly reason: ThrownData }
  | { readonly type: 'answer'; readonly call: number; readonly value: unknown; readonly thrown: ThrownData | null };

export type FromThread =
  /** The module is loaded. */
  | { readonly type: 'ready'; readonly threadId: number }
  /** The module cannot be loaded, or is none for this job. */
  | { readonly type: 'unfit'; readonly thrown: ThrownData }
  | { readonly type: 'call'; readonly call: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly type: 'log'; readonly line: string }
  /** The handler returned, and this is its result as JSON. */
  | { readonly type: 'returned'; readonly json: string }
  /** The handler returned what its contract refuses. */
  | { readonly type: 'refused'; readonly thrown: ThrownData }
  | { readonly type: 'threw'; readonly thrown: ThrownData };
