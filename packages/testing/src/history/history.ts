import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Fact, RecordedFact } from './fact.ts';

/** Facts in the order in which they were recorded. Append-only. */
export interface History {
  /** In the order in which they were recorded. */
  readonly facts: readonly RecordedFact[];
}

/** Records the facts of one process. */
export interface HistoryRecorder extends Disposable {
  /** Adds a fact, with the time. */
  record(fact: Fact): void;
  /** Closes the file. Again is harmless. */
  close(): void;
}

/** A history in memory, for tests of one process. */
export class MemoryHistory implements History, HistoryRecorder {
  /** In the order in which they were recorded. */
  readonly facts: RecordedFact[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Adds a fact, with the time. */
  record(fact: Fact): void {
    this.facts.push({ ...fact, at: this.#now() });
  }

  /** Does nothing. */
  close(): void {}

  [Symbol.dispose](): void {}
}

/**
 * Opens a history file for appending. Several processes may write one file at once: each fact is one append, done before
 * `record` returns, so the order of the lines is the order of the facts and kill -9 loses at most the line being written.
 */
export function openHistory(file: string, now: () => number = Date.now): HistoryRecorder {
  const descriptor = openSync(file, 'a');
  let open = true;
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    // The newline in front ends another process's torn line.
    record: (fact) => void writeSync(descriptor, `\n${JSON.stringify({ ...fact, at: now() })}\n`),
    close,
    [Symbol.dispose]: close,
  };
}

/** What a history file holds. */
export interface HistoryFile extends History {
  /** Incomplete lines, as kill -9 leaves them. */
  readonly tornLines: number;
}

/** Reads a history file, also while others write it. Torn lines are counted and left out. */
export function readHistory(file: string): HistoryFile {
  return new HistoryTail(file).read();
}

/** Reads a history file repeatedly, each time only what is new: for waiting until a fact is there. */
export class HistoryTail {
  readonly #file: string;
  readonly #facts: RecordedFact[] = [];
  #offset = 0;
  #tornLines = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** All facts so far. A line without an end is counted as torn now and read again the next time. */
  read(): HistoryFile {
    const lines = readFrom(this.#file, this.#offset).split('\n');
    const unended = lines.pop() ?? '';
    for (const line of lines) {
      this.#offset += Buffer.byteLength(line) + 1;
      if (line !== '') this.#add(parseFact(line));
    }
    return { facts: this.#facts, tornLines: this.#tornLines + (unended === '' ? 0 : 1) };
  }

  #add(fact: RecordedFact | null): void {
    if (fact === null) this.#tornLines += 1;
    else this.#facts.push(fact);
  }
}

function readFrom(file: string, offset: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset));
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(descriptor);
  }
}

function parseFact(line: string): RecordedFact | null {
  try {
    return JSON.parse(line) as RecordedFact;
  } catch {
    return null;
  }
}
