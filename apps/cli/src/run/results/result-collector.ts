import { badLineResult, type ResultLine } from './result-line.ts';
import type { BadLine } from '../input/fetch-line.ts';
import type { LineNumberSet } from '../input/line-number-set.ts';
import type { ResultWriter } from './result-writer.ts';
import type { RunCounts } from './run-counts.ts';

/** Collects the results: counts each line's first result and writes it, and drops any other. */
export class ResultCollector {
  readonly #done: LineNumberSet;
  readonly #counts: RunCounts;
  readonly #writer: ResultWriter;
  #closed = false;

  constructor({ done, counts, writer }: { done: LineNumberSet; counts: RunCounts; writer: ResultWriter }) {
    this.#done = done;
    this.#counts = counts;
    this.#writer = writer;
  }

  async put(result: ResultLine): Promise<void> {
    if (this.#closed || !this.#done.add(result.line)) return;
    this.#counts.countResult(result);
    await this.#writer.put(result);
  }

  putBad(line: BadLine): Promise<void> {
    return this.put(badLineResult(line));
  }

  /** Results that come later are dropped; the next run asks for them again. */
  close(): void {
    this.#closed = true;
  }
}
