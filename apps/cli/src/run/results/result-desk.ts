import { badLineResult, type ResultLine } from './result-line.ts';
import type { BadLine } from '../input/fetch-line.ts';
import type { LineSet } from '../input/line-set.ts';
import type { ResultWriter } from './result-writer.ts';
import type { Tally } from './tally.ts';

/** Where results go: each line gets one, whatever happens. */
export class ResultDesk {
  readonly #done: LineSet;
  readonly #tally: Tally;
  readonly #writer: ResultWriter;
  #closed = false;

  constructor({ done, tally, writer }: { done: LineSet; tally: Tally; writer: ResultWriter }) {
    this.#done = done;
    this.#tally = tally;
    this.#writer = writer;
  }

  async put(result: ResultLine): Promise<void> {
    if (this.#closed || !this.#done.add(result.line)) return;
    this.#tally.countResult(result);
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
