import { writeJson } from '@sluice/queue/json';
import type { ResultLine } from './result-line.ts';
import type { ResultSink } from './result-sink.ts';

/** How much may wait to be written before `put` makes its caller wait, in characters. */
const PENDING_MAX_CHARS = 2 ** 20;

/**
 * Writes results as they come, all that gathered during one write in the next one.
 *
 * After a failed write every call rejects with its error.
 */
export class ResultWriter {
  readonly #sink: ResultSink;
  #pending: string[] = [];
  #pendingChars = 0;
  #writing: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  constructor(sink: ResultSink) {
    this.#sink = sink;
  }

  /** Resolves when it takes more, not when the line is written. */
  async put(result: ResultLine): Promise<void> {
    this.#throwIfFailed();
    const text = `${writeJson(result)}\n`;
    this.#pending.push(text);
    this.#pendingChars += text.length;
    this.#writing ??= this.#writeAll();
    while (this.#pendingChars > PENDING_MAX_CHARS && this.#writing) await this.#writing;
  }

  /** Resolves when all is written and the file is synced. */
  async finish(): Promise<void> {
    while (this.#writing) await this.#writing;
    this.#throwIfFailed();
    await this.#sink.finish();
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #writeAll(): Promise<void> {
    try {
      // Results that settle in the same turn go out together.
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.#pending.length > 0) {
        const bytes = Buffer.from(this.#pending.join(''));
        this.#pending = [];
        this.#pendingChars = 0;
        await this.#sink.write(bytes);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#writing = null;
    }
  }
}
