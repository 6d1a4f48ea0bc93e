import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Fact, RecordedFact } from './fact.ts';

/** What happened, in the order in which it was written down. Append-only. */
export interface History {
  readonly facts: readonly RecordedFact[];
}

/** Where a process writes what it sees. */
export interface HistoryRecorder extends Disposable {
  record(fact: Fact): void;
  close(): void;
}

/** A history in memory, for what happens in one process. */
export class MemoryHistory implements History, HistoryRecorder {
  readonly facts: RecordedFact[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  record(fact: Fact): void {
    this.facts.push({ ...fact, at: this.#now() });
  }

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
    // A line of its own also after another process's torn one: hence the newline in front.
    record: (fact) => void writeSync(descriptor, `\n${JSON.stringify({ ...fact, at: now() })}\n`),
    close,
    [Symbol.dispose]: close,
  };
}

export interface HistoryFile extends History {
  /** Lines that were not whole, as kill -9 leaves them. */
  readonly tornLines: number;
}

/** Reads a history file, also while others write it. Torn lines are counted and left out. */
export function readHistory(file: string): HistoryFile {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  const facts = lines.map(parseFact).filter((fact) => fact !== null);
  return { facts, tornLines: lines.length - facts.length };
}

function parseFact(line: string): RecordedFact | null {
  try {
    return JSON.parse(line) as RecordedFact;
  } catch {
    return null;
  }
}
