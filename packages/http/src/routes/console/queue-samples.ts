import type { HistoryTotals } from '@sluice/queue';
import type { ConsoleWorkers, ConsoleQueue, ConsoleRates } from './console-feed.ts';
import { RATE_EVERY_MS } from './console-feed.ts';
import { readWorkers } from '../read-workers.ts';
import { RateMeter } from './rate-meter.ts';
import type { OperatorQueues } from '../served-queues.ts';

/** How old a look at a queue may be: all tabs share it. */
const LOOK_MS = 900;
const HOUR_MS = 3_600_000;
/** How often is looked at what changes slowly. */
const SLOW_MS = 10_000;
/** What the meter of rates looks back at. */
const RATES_MS = 6 * 60_000;
/** After this time without a tab that asks, what is known of a queue is forgotten. */
const FORGET_MS = 300_000;

interface Sample {
  readonly meter: RateMeter;
  hour: HistoryTotals | null;
  workers: ConsoleWorkers | null;
  slowAtMs: number;
  ratesAtMs: number;
  row: Promise<ConsoleQueue> | undefined;
  rowAtMs: number;
  /** The last row and the last rates: the same objects as long as they say the same. */
  shown: ConsoleQueue | undefined;
  rates: ConsoleRates;
}

/**
 * Looks at queues for the console: once a second at most, however many tabs are open, and not at all while none is. The history is
 * read less often. What has not changed is the same object as before: so a tab needs no copy of what it was sent.
 */
export class QueueSamples {
  readonly #source: OperatorQueues;
  readonly #now: () => number;
  readonly #samples = new Map<string, Sample>();

  constructor(source: OperatorQueues, now: () => number = Date.now) {
    this.#source = source;
    this.#now = now;
  }

  /** @throws UnknownQueueError; RedisUnavailableError */
  row(name: string): Promise<ConsoleQueue> {
    const sample = this.#sampleOf(name);
    const nowMs = this.#now();
    if (!sample.row || nowMs - sample.rowAtMs >= LOOK_MS) {
      sample.rowAtMs = nowMs;
      sample.row = this.#look(name, sample, nowMs);
    }
    return sample.row;
  }

  /** As of the last look. */
  rates(name: string): ConsoleRates {
    return this.#sampleOf(name).rates;
  }

  async #look(name: string, sample: Sample, nowMs: number): Promise<ConsoleQueue> {
    const admin = this.#source.admin(name);
    const [stats] = await Promise.all([admin.stats(), this.#readMore(name, sample, nowMs)]);
    const jobs = this.#source.definition(name).jobs.map((job) => job.name);
    const first = stats.waiters.puts > 0 ? (await admin.waiters({ limit: 1 })).waiters[0] : undefined;
    const { hour, workers } = sample;
    const row = { queue: name, jobs, stats, longestWaitMs: first?.waitedMs ?? null, hour, workers };
    return (sample.shown = sameOr(sample.shown, row));
  }

  async #readMore(name: string, sample: Sample, nowMs: number): Promise<void> {
    const admin = this.#source.admin(name);
    if (nowMs - sample.ratesAtMs >= RATE_EVERY_MS) {
      sample.ratesAtMs = nowMs;
      const { points } = await admin.history({ since: nowMs - RATES_MS });
      sample.meter.add(points, nowMs);
      sample.rates = sameOr(sample.rates, sample.meter.rates);
    }
    if (nowMs - sample.slowAtMs < SLOW_MS) return;
    sample.slowAtMs = nowMs;
    const [{ total }, workers] = await Promise.all([admin.history({ since: nowMs - HOUR_MS }), readWorkers(admin)]);
    sample.hour = total;
    sample.workers = workers;
  }

  #sampleOf(name: string): Sample {
    const known = this.#samples.get(name);
    if (known) return known;
    const nowMs = this.#now();
    for (const [other, { rowAtMs }] of this.#samples) if (nowMs - rowAtMs > FORGET_MS) this.#samples.delete(other);
    const meter = new RateMeter();
    const sample: Sample = {
      meter,
      hour: null,
      workers: null,
      slowAtMs: -Infinity,
      ratesAtMs: -Infinity,
      row: undefined,
      rowAtMs: nowMs,
      shown: undefined,
      rates: meter.rates,
    };
    this.#samples.set(name, sample);
    return sample;
  }
}

function sameOr<T>(before: T | undefined, now: T): T {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
