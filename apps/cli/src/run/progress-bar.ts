import cliProgress, { type Options, type SingleBar } from 'cli-progress';
import { progressLine } from './progress-line.ts';
import type { Progress, ProgressReport } from './progress.ts';

const clearLine = '\r\u001b[K';
const saveCursor = '\u001b7';

/** A line on a terminal that is drawn anew in place. */
export class ProgressBar implements ProgressReport {
  readonly #stream: NodeJS.WritableStream;
  readonly #bar: SingleBar;
  #shown = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#bar = new cliProgress.SingleBar({
      stream,
      format: (options: Options, _: unknown, payload: { progress?: Progress }) =>
        payload.progress ? barLine(payload.progress, options) : '',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 20,
      fps: 8,
      hideCursor: true,
      linewrap: false,
      // Signals are the command's business.
      gracefulExit: false,
    });
  }

  start(progress: Progress): void {
    this.#bar.start(progress.total ?? 0, progress.done, { progress });
    this.#shown = true;
  }

  update(progress: Progress): void {
    this.#bar.update(progress.done, { progress });
  }

  note(line: string): void {
    if (!this.#shown) return void this.#stream.write(`${line}\n`);
    // In the place of the bar, which is drawn again below it, and goes back to where it was drawn when it stops.
    this.#stream.write(`${clearLine}${line}\n${saveCursor}`);
  }

  stop(): void {
    if (!this.#shown) return;
    this.#bar.stop();
    this.#shown = false;
  }
}

function barLine(progress: Progress, options: Options): string {
  const { done, total } = progress;
  if (total === null) return progressLine(progress);
  const share = total === 0 ? 1 : done / total;
  return `${cliProgress.Format.BarFormat(share, options)} ${Math.floor(share * 100)} % ${progressLine(progress)}`;
}
