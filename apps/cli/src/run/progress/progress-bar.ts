import cliProgress, { type Options, type SingleBar } from 'cli-progress';
import { LINE_MAX_CHARS, progressLine } from './progress-lines.ts';
import type { Progress, ProgressReport } from './progress.ts';

const CLEAR_LINE = '\r\u001b[K';
const SAVE_CURSOR = '\u001b7';

/** A line on a terminal that is drawn anew in place. */
export class ProgressBar implements ProgressReport {
  readonly #stream: NodeJS.WritableStream & { columns?: number };
  readonly #bar: SingleBar;
  #shown = false;

  constructor(stream: NodeJS.WritableStream & { columns?: number }) {
    this.#stream = stream;
    this.#bar = new cliProgress.SingleBar({
      stream,
      format: (options: Options, _: unknown, payload: { progress?: Progress }) =>
        payload.progress ? barLine(payload.progress, options, this.#stream.columns ?? LINE_MAX_CHARS) : '',
      barCompleteChar: '█',
      barIncompleteChar: '░',
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
    this.#stream.write(`${CLEAR_LINE}${line}\n${SAVE_CURSOR}`);
  }

  stop(): void {
    if (!this.#shown) return;
    this.#bar.stop();
    this.#shown = false;
  }
}

const BAR_CHARS = 20;
/** The least that a bar leaves for the words on its line; where there is less space, no bar is drawn. */
const WORDS_MIN_CHARS = 60;

function barLine(progress: Progress, options: Options, columns: number): string {
  const { done, total } = progress;
  // A terminal that is written to its last column starts a new line.
  const chars = columns - 1;
  if (total === null) return progressLine(progress, chars);
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const percent = `${Math.floor(share * 100)} % `;
  const barsize = Math.min(BAR_CHARS, chars - percent.length - 1 - WORDS_MIN_CHARS);
  const bar = barsize < 5 ? '' : `${cliProgress.Format.BarFormat(share, { ...options, barsize })} `;
  const start = bar + percent;
  return start + progressLine(progress, chars - start.length);
}
