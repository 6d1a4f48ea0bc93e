import type { RunLimit, RunOptions } from '../run-options.ts';

/** What held a run back at one moment. */
export interface LimitSample {
  /** URLs that workers are fetching. */
  active: number;
  /** Unfinished jobs in the queue. */
  depth: number;
  /** Puts that wait for capacity. */
  waitingPuts: number;
  /** Lines that wait for their host. */
  held: number;
  /** Some of them, because it asked to be left alone. */
  hostsPause: boolean;
}

type Limit = 'workers' | 'capacity' | 'pauses' | 'per-host';
type LimitOptions = Pick<RunOptions, 'workers' | 'concurrency' | 'capacity' | 'perHost'>;

/** Slots are empty for a moment between two URLs. */
const NEARLY_ALL = 0.9;
/** Of fewer samples (two seconds) nothing is said. */
const SAMPLES_MIN = 8;
/** What held a run back for less than a tenth of its time is not reported. */
const SHARE_MIN = 0.1;

/** Counts what holds a run back, moment by moment. */
export class Bottlenecks {
  readonly #options: LimitOptions;
  readonly #counts = new Map<Limit, number>();
  #samples = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  sample(sample: LimitSample): void {
    this.#samples += 1;
    const limit = limitOf(sample, this.#options);
    if (limit !== null) this.#counts.set(limit, (this.#counts.get(limit) ?? 0) + 1);
  }

  /** The largest share first. */
  get largest(): RunLimit[] {
    if (this.#samples < SAMPLES_MIN) return [];
    return [...this.#counts]
      .map(([limit, count]) => ({ by: this.#describe(limit), share: count / this.#samples }))
      .filter(({ share }) => share >= SHARE_MIN)
      .sort((a, b) => b.share - a.share);
  }

  #describe(limit: Limit): string {
    const { workers, concurrency, capacity, perHost } = this.#options;
    switch (limit) {
      case 'workers':
        return `--workers ${workers} × --concurrency ${concurrency}`;
      case 'capacity':
        return `--capacity ${capacity}`;
      case 'per-host':
        return `--per-host ${perHost}`;
      case 'pauses':
        return 'hosts that asked to be left alone';
      default:
        return limit satisfies never;
    }
  }
}

/** Null when nothing but the list itself, or its last URLs, sets the pace. */
function limitOf(sample: LimitSample, { workers, concurrency, capacity }: LimitOptions): Limit | null {
  const { active, depth, waitingPuts, held, hostsPause } = sample;
  if (active >= NEARLY_ALL * workers * concurrency) return 'workers';
  if (waitingPuts > 0 && active >= NEARLY_ALL * capacity) return 'capacity';
  if (depth > active && waitingPuts > 0) return 'workers';
  if (held > 0) return hostsPause ? 'pauses' : 'per-host';
  return null;
}
