import type { Progress, ProgressReport } from './progress.ts';

/** What a run knows of itself at any moment. */
export type ProgressSnapshot = Omit<Progress, 'ratePerSecond' | 'elapsedMs'>;

const TICK_MS = 250;
/** The rate is measured over this many ticks: ten seconds. */
const RATE_TICKS = 40;

/** Reports where a run stands, four times a second. */
export class ProgressTicker {
  readonly #report: ProgressReport;
  readonly #snapshot: () => Promise<ProgressSnapshot>;
  readonly #startedAtMs = performance.now();
  readonly #samples: { atMs: number; done: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(report: ProgressReport, snapshot: () => Promise<ProgressSnapshot>) {
    this.#report = report;
    this.#snapshot = snapshot;
  }

  async start(): Promise<void> {
    this.#report.start(await this.#look());
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  /** Reports a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#report.update(await this.#look());
    this.#report.stop();
  }

  async #tick(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#report.update(await this.#look());
    } finally {
      this.#asking = false;
    }
  }

  async #look(): Promise<Progress> {
    const snapshot = await this.#snapshot();
    const atMs = performance.now();
    this.#samples.push({ atMs, done: snapshot.done });
    if (this.#samples.length > RATE_TICKS) this.#samples.shift();
    const first = this.#samples[0] ?? { atMs, done: snapshot.done };
    const seconds = (atMs - first.atMs) / 1_000;
    const ratePerSecond = seconds > 0 ? (snapshot.done - first.done) / seconds : 0;
    return { ...snapshot, ratePerSecond, elapsedMs: atMs - this.#startedAtMs };
  }
}
