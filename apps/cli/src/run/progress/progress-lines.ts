import type { Progress, ProgressReport } from './progress.ts';

/** What a line of a log may have, as a terminal has by default. */
export const LINE_MAX_CHARS = 80;

const SEPARATOR = ' · ';

/**
 * All of a run's progress in one line of at most `maxChars` characters. When it would be longer, what says least is left out, and
 * then numbers are rounded; how much is done and the end are always there.
 */
export function progressLine(progress: Progress, maxChars = Infinity): string {
  const numbers = [count, rounded];
  const lines = numbers.flatMap((number) => {
    const parts = partsOf(progress, number);
    return [join(parts), ...leastFirst.map((name) => (parts.delete(name), join(parts)))];
  });
  return lines.find((line) => line.length <= maxChars) ?? lines.at(-1) ?? '';
}

type Part = 'done' | 'rate' | 'inFlight' | 'queue' | 'waiting' | 'failed' | 'end';

/** In what order parts are left out. */
const leastFirst: readonly Part[] = ['waiting', 'queue', 'inFlight', 'rate', 'failed'];

function partsOf(progress: Progress, number: (value: number) => string): Map<Part, string> {
  const { done, total, ratePerSecond, inFlight, depth, capacity, waiting, failed } = progress;
  const parts = new Map<Part, string>([
    ['done', `${number(done)}/${total === null ? '?' : number(total)}`],
    ['rate', `${ratePerSecond.toFixed(ratePerSecond < 10 ? 1 : 0)}/s`],
    ['inFlight', `${number(inFlight)} in flight`],
    ['queue', `queue ${number(depth)}/${number(capacity)}`],
    ['waiting', `${number(waiting)} waiting`],
    ['failed', `${number(failed)} failed`],
  ]);
  if (total !== null) parts.set('end', `ETA ${describeSeconds(etaSeconds(progress))}`);
  return parts;
}

function join(parts: ReadonlyMap<Part, string>): string {
  return [...parts.values()].join(SEPARATOR);
}

/** Seconds left at the present rate; null while nothing can be said. */
function etaSeconds({ done, total, ratePerSecond }: Progress): number | null {
  if (total === null || ratePerSecond <= 0) return null;
  return Math.max(0, (total - done) / ratePerSecond);
}

/** `3 s`, `12 min`, `2 h 05 min`, `3 d 4 h`; `?` for null. */
export function describeSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '?';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24).toLocaleString('en-US')} d ${hours % 24} h`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Such as `12.3K`. */
function rounded(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}

const EVERY_MS = 5_000;

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
    if (progress.elapsedMs - this.#lastAtMs >= EVERY_MS) this.#write(progress);
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  stop(): void {
    if (this.#last && this.#last.elapsedMs > this.#lastAtMs) this.#write(this.#last);
  }

  #write(progress: Progress): void {
    this.#lastAtMs = progress.elapsedMs;
    this.#stream.write(`${progressLine(progress, LINE_MAX_CHARS)}\n`);
  }
}
