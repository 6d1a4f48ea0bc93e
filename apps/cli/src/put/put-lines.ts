import type { Receipt } from '@sluice/queue';
import {
  JobIdInvalidError,
  PayloadInvalidError,
  PutConflictError,
  PutOptionError,
  TooLargeError,
} from '@sluice/queue/contracts';
import { UsageError } from '../cli-errors.ts';
import type { PayloadLine } from './payload-lines.ts';
import { untilAborted } from '../until-aborted.ts';

/** What became of a line: its receipt, or why it is not in. */
export type LineResult =
  | { readonly line: number; readonly receipt: Receipt; readonly error?: never }
  | { readonly line: number; readonly receipt?: never; readonly error: unknown };

export interface PutLinesDeps {
  /** Puts one line; rejects with why it is not in. With the signal's reason when it was called off before it was sent. */
  readonly put: (line: PayloadLine, signal: AbortSignal) => Promise<Receipt>;
  /** Called for each line that was put or refused, in the order of the input. */
  readonly onResult: (result: LineResult) => Promise<void>;
  /** Whether a line that is wrong ends it. */
  readonly stopsOnError: boolean;
  readonly interrupted: AbortSignal;
}

/** How far the lines were put. */
export interface PutCounts {
  put: number;
  /** Lines that are wrong: each was reported. */
  refused: number;
  /** Up to this one every line is in, or was refused: a later run need not read them again. */
  doneUpTo: number;
  /** Lines behind it that are in all the same. */
  inBehind: number[];
  /** Why it ended before the end of the input; undefined at its end. */
  ended: unknown;
}

/** So many puts are under way at a time: what two calls to Redis carry. */
const WINDOW = 200;

/** What is wrong with one line alone. */
const lineErrors = [
  UsageError,
  PayloadInvalidError,
  TooLargeError,
  JobIdInvalidError,
  PutConflictError,
  PutOptionError,
];

/**
 * Puts lines in their order, as fast as the queue has capacity, and reads no further ahead than its window. A line that is wrong is
 * reported, and the next ones go on. What concerns all lines ends it: Redis away, a sealed queue, one that was full for too
 * long, Ctrl-C. Then nothing more is read or sent, and the counts say where to go on.
 */
export async function putLines(lines: AsyncIterable<PayloadLine>, deps: PutLinesDeps): Promise<PutCounts> {
  const putter = new LinePutter(deps);
  try {
    for await (const line of untilAborted(lines, putter.over)) await putter.add(line);
  } catch (error) {
    putter.end(error); // the input cannot be read on
  }
  return putter.finish();
}

class LinePutter {
  readonly #deps: PutLinesDeps;
  readonly #over = new AbortController();
  readonly #window: Promise<LineResult>[] = [];
  readonly #counts: PutCounts = { put: 0, refused: 0, doneUpTo: 0, inBehind: [], ended: undefined };
  /** Behind the first line that is not done, `doneUpTo` stays. */
  #isBehind = false;

  constructor(deps: PutLinesDeps) {
    this.#deps = deps;
    const { interrupted } = deps;
    const onInterrupt = (): void => this.end(interrupted.reason);
    if (interrupted.aborted) onInterrupt();
    else interrupted.addEventListener('abort', onInterrupt, { once: true });
  }

  /** Aborts when nothing more is to be read. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  end(reason: unknown): void {
    if (this.over.aborted) return;
    this.#counts.ended = reason;
    this.#over.abort(reason);
  }

  async add(line: PayloadLine): Promise<void> {
    this.#window.push(this.#put(line));
    if (this.#window.length >= WINDOW) await this.#takeFirst();
  }

  async finish(): Promise<PutCounts> {
    while (this.#window.length > 0) await this.#takeFirst();
    return this.#counts;
  }

  async #put(payload: PayloadLine): Promise<LineResult> {
    const { line } = payload;
    try {
      return { line, receipt: await this.#deps.put(payload, this.over) };
    } catch (error) {
      if (this.#deps.stopsOnError || !isOfLine(error)) this.end(error);
      return { line, error };
    }
  }

  async #takeFirst(): Promise<void> {
    const result = await this.#window.shift();
    if (!result) return;
    const counts = this.#counts;
    const isRefused = result.receipt === undefined && isOfLine(result.error);
    const isDone = result.receipt !== undefined || (isRefused && !this.#deps.stopsOnError);
    if (!isDone) this.#isBehind = true;
    if (!this.#isBehind) counts.doneUpTo = result.line;
    else if (result.receipt) counts.inBehind.push(result.line);
    if (result.receipt) counts.put += 1;
    if (isRefused) counts.refused += 1;
    if (result.receipt || isRefused) await this.#deps.onResult(result);
  }
}

function isOfLine(error: unknown): boolean {
  return lineErrors.some((kind) => error instanceof kind);
}
