import type { HistoryPoint } from '@sluice/queue';
import { type ConsoleRates, RATE_EVERY_MS, RATE_POINTS } from './console-feed.ts';

const MINUTE_MS = 60_000;

type MinuteCounts = Pick<HistoryPoint, 'at' | 'put' | 'completed' | 'dead'>;

/**
 * How fast a queue is, from its history, which counts by the minute and is written every few seconds: each look at it counts what has
 * come since the look before. What was before the first look is known by the minute only.
 */
export class RateMeter {
  #counts = new Map<number, { put: number; ended: number }>();
  #put: number[] = [];
  #ended: number[] = [];
  #lastMs: number | undefined;

  /** @param points the last minutes, the running one included */
  add(points: readonly MinuteCounts[], nowMs: number): void {
    const counts = new Map(points.map(({ at, put, completed, dead }) => [at, { put, ended: completed + dead }]));
    if (this.#lastMs === undefined) this.#fillFrom(counts, nowMs);
    else this.#append(counts, Math.max(1, nowMs - this.#lastMs));
    this.#counts = counts;
    this.#lastMs = nowMs;
  }

  get rates(): ConsoleRates {
    return { put: this.#put, ended: this.#ended };
  }

  #append(counts: ReadonlyMap<number, { put: number; ended: number }>, sinceMs: number): void {
    let [put, ended] = [0, 0];
    for (const [at, now] of counts) {
      const before = this.#counts.get(at) ?? { put: 0, ended: 0 };
      put += Math.max(0, now.put - before.put);
      ended += Math.max(0, now.ended - before.ended);
    }
    this.#push(perSecond(put, sinceMs), perSecond(ended, sinceMs));
  }

  /** Spreads each minute evenly; the running one over what has passed of it. */
  #fillFrom(counts: ReadonlyMap<number, { put: number; ended: number }>, nowMs: number): void {
    for (let ago = RATE_POINTS; ago > 0; ago -= 1) {
      const atMs = nowMs - (ago - 0.5) * RATE_EVERY_MS;
      const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
      const { put, ended } = counts.get(minute) ?? { put: 0, ended: 0 };
      const lengthMs = Math.max(RATE_EVERY_MS, Math.min(MINUTE_MS, nowMs - minute));
      this.#push(perSecond(put, lengthMs), perSecond(ended, lengthMs));
    }
  }

  #push(put: number, ended: number): void {
    this.#put = [...this.#put, put].slice(-RATE_POINTS);
    this.#ended = [...this.#ended, ended].slice(-RATE_POINTS);
  }
}

/** To a tenth. */
function perSecond(count: number, ms: number): number {
  return Math.round((count * 10_000) / ms) / 10;
}
