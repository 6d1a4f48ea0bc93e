import type { AdminStats } from '@sluice/queue';

/** What changed of a queue over the last looks. */
export interface Rates {
  /** Jobs that were put per second; null while it is not known. */
  putPerSecond: number | null;
  /** Jobs that ended per second; null where the queue keeps no ended jobs. */
  endedPerSecond: number | null;
}

interface Look {
  readonly atMs: number;
  readonly depth: number;
  readonly endedPerSecond: number | null;
}

const LOOKS_MAX = 10;

/** Measures rates between looks at one queue. */
export class RateMeter {
  readonly #looks: Look[] = [];

  /**
   * What was put is what ended and what the depth has grown by. A queue that is looked at once has no such rate.
   *
   * @param atMs monotonic
   */
  add({ depth, drainPerSecond: endedPerSecond }: AdminStats, atMs: number): Rates {
    this.#looks.push({ atMs, depth, endedPerSecond });
    if (this.#looks.length > LOOKS_MAX) this.#looks.shift();
    const [first] = this.#looks;
    const seconds = first ? (atMs - first.atMs) / 1_000 : 0;
    if (!first || seconds <= 0 || endedPerSecond === null) return { putPerSecond: null, endedPerSecond };
    const grown = (depth - first.depth) / seconds;
    return { putPerSecond: Math.max(0, Math.round((endedPerSecond + grown) * 100) / 100), endedPerSecond };
  }
}
