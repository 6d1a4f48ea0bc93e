import type { ResultLine } from './result-line.ts';

/** The part of a result that a run counts. */
export type CountedResult = Pick<ResultLine, 'ok' | 'attempts' | 'error'>;

/** Whether another try may bring another result: the line failed, and it is a URL. */
export function mayEndOtherwise({ ok, error }: CountedResult): boolean {
  return !ok && error?.code !== 'BAD_URL';
}

/** What a run has counted so far: results over the whole output, waits and depth of this run alone. */
export class RunCounts {
  fetched = 0;
  failed = 0;
  timedOut = 0;
  /** Of the failed ones those that another try may change. */
  retryable = 0;
  retried = 0;
  highestDepth = 0;
  readonly waits: { count: number; totalMs: number; longestMs: number } = { count: 0, totalMs: 0, longestMs: 0 };

  get lines(): number {
    return this.fetched + this.failed;
  }

  countResult({ ok, attempts, error }: CountedResult): void {
    if (ok) this.fetched += 1;
    else this.failed += 1;
    if (mayEndOtherwise({ ok, attempts, error })) this.retryable += 1;
    if (error?.code === 'TIMEOUT') this.timedOut += 1;
    if (attempts > 1) this.retried += 1;
  }

  countDepth(depth: number): void {
    this.highestDepth = Math.max(this.highestDepth, depth);
  }

  countWait(waitedMs: number): void {
    if (waitedMs <= 0) return;
    this.waits.count += 1;
    this.waits.totalMs += waitedMs;
    this.waits.longestMs = Math.max(this.waits.longestMs, waitedMs);
  }
}
