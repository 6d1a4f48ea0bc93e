import { lineMaxChars, progressLine } from './progress-line.ts';
import type { Progress, ProgressReport } from './progress.ts';

const everyMs = 5_000;

/** Plain lines for logs and pipes: one at the start, one every five seconds, one at the end. */
export class ProgressLines implements ProgressReport {
  readonly #stream: NodeJS.WritableStream;
  #last: Progress | null = null;
  #lastAtMs = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  start(progress: Progress): void {
    this.#write(progress);
  }

  update(progress: Progress): void {
    this.#last = progress;
    if (progress.elapsedMs - this.#lastAtMs >= everyMs) this.#write(progress);
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  stop(): void {
    if (this.#last && this.#last.elapsedMs > this.#lastAtMs) this.#write(this.#last);
  }

  #write(progress: Progress): void {
    this.#lastAtMs = progress.elapsedMs;
    this.#stream.write(`${progressLine(progress, lineMaxChars)}\n`);
  }
}
