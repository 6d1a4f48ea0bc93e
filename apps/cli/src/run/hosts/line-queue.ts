import type { FetchLine } from '../input/fetch-line.ts';

/** How many lines are taken before their memory is freed: not each time, which would move all others. */
const TAKEN_MAX = 1_024;

/** Lines, first in, first out. */
export class LineQueue {
  #lines: FetchLine[] = [];
  /** Index of the first line that is still there. */
  #head = 0;

  get length(): number {
    return this.#lines.length - this.#head;
  }

  push(line: FetchLine): void {
    this.#lines.push(line);
  }

  shift(): FetchLine | undefined {
    const line = this.#lines[this.#head];
    if (!line) return undefined;
    this.#head += 1;
    if (this.#head < TAKEN_MAX && this.length > 0) return line;
    this.#lines = this.#lines.slice(this.#head);
    this.#head = 0;
    return line;
  }

  /** Takes all lines out. */
  clear(): FetchLine[] {
    const lines = this.#lines.slice(this.#head);
    this.#lines = [];
    this.#head = 0;
    return lines;
  }
}
