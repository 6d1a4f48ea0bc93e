import type { PoolEvents } from '@sluice/queue';

/** What a drain or an advance did. */
export interface DrainSummary {
  /** Attempts that were started. */
  runs: number;
  /** Jobs that completed. */
  completed: number;
  /** Jobs that died. */
  dead: number;
  /** Jobs whose `expiresAt` passed. */
  expired: number;
  /** Failed attempts that were followed by another one. */
  retried: number;
  /** Attempts that gave their job back. */
  released: number;
  /** How far the queue's clock was moved, in milliseconds. */
  movedMs: number;
}

export interface DrainOptions {
  /**
   * The most attempts that it starts. A handler that puts its own job again, or is retried for ever, ends there.
   *
   * @default 1_000
   */
  maxRuns?: number;
  /**
   * How long it may go on in real time while no attempt starts or ends, in milliseconds. The default is below the 5 s that vitest gives
   * a test, so that this error comes first when a handler hangs: it names what still runs.
   *
   * @default 4_000
   */
  timeoutMs?: number;
}

/** A drain met its limit: something keeps the queue from becoming empty. The message says what. */
export class DrainLimitError extends Error {
  readonly code = 'SLUICE_DRAIN_LIMIT';
  /** What it did until then. */
  readonly summary: DrainSummary;

  constructor(message: string, summary: DrainSummary) {
    super(message);
    this.name = 'DrainLimitError';
    this.summary = summary;
  }
}

interface RunningJob {
  readonly job: string;
  readonly id: string;
  readonly attempt: number;
  readonly sinceMs: number;
}

/** Counts what a pool does during a drain, and ends it when that is too much. */
export class DrainLimits {
  readonly summary: DrainSummary = {
    runs: 0,
    completed: 0,
    dead: 0,
    expired: 0,
    retried: 0,
    released: 0,
    movedMs: 0,
  };
  readonly #what: string;
  readonly #maxRuns: number;
  readonly #timeoutMs: number;
  #lastProgressAtMs = performance.now();
  readonly #running = new Map<string, RunningJob>();
  readonly #runsByJob = new Map<string, number>();
  #lastFailure = '';

  /** @param what names the call in messages, such as `drain of queue emails` */
  constructor(what: string, { maxRuns = 1_000, timeoutMs = 4_000 }: DrainOptions) {
    this.#what = what;
    this.#maxRuns = maxRuns;
    this.#timeoutMs = timeoutMs;
  }

  noteStarted({ job, id, attempt }: PoolEvents['started']): void {
    this.summary.runs += 1;
    this.#lastProgressAtMs = performance.now();
    this.#running.set(id, { job, id, attempt, sinceMs: performance.now() });
    this.#runsByJob.set(job, (this.#runsByJob.get(job) ?? 0) + 1);
  }

  noteEnded(
    how: 'completed' | 'dead' | 'expired' | 'retried' | 'released',
    event: { id: string; job: string; message?: string },
  ): void {
    this.summary[how] += 1;
    this.#lastProgressAtMs = performance.now();
    this.#running.delete(event.id);
    if (event.message !== undefined) this.#lastFailure = `${event.job} ${event.id}: ${event.message.split('\n', 1)[0]}`;
  }

  /** @throws DrainLimitError */
  check(left: { ready: number; active: number; delayed: number; waiters: number }): void {
    if (this.summary.runs >= this.#maxRuns && left.ready + left.active + left.delayed > 0) {
      this.#fail(
        `stopped after ${this.#maxRuns.toLocaleString('en-US')} runs (${this.#counts()}): a handler puts its job again, or is ` +
          `retried, without end. If it does end, raise maxRuns`,
      );
    }
    if (performance.now() - this.#lastProgressAtMs <= this.#timeoutMs) return;
    const { ready, active, delayed, waiters } = left;
    const counts = `${ready} waiting, ${active} active, ${delayed} delayed, ${waiters} puts waiting for capacity`;
    this.#fail(
      `made no progress for ${this.#timeoutMs.toLocaleString('en-US')} ms (${counts}).${this.#describeRunning()} If an attempt ` +
        'needs more time, raise timeoutMs',
    );
  }

  #describeRunning(): string {
    const running = [...this.#running.values()].slice(0, 5).map(({ job, id, attempt, sinceMs }) => {
      return `${job} ${id} attempt ${attempt} for ${Math.round(performance.now() - sinceMs)} ms`;
    });
    return running.length === 0 ? '' : ` Running: ${running.join('; ')}.`;
  }

  #counts(): string {
    return [...this.#runsByJob].map(([job, runs]) => `${runs} of ${job}`).join(', ');
  }

  #fail(reason: string): never {
    const last = this.#lastFailure === '' ? '' : `. Last failure: ${this.#lastFailure}`;
    throw new DrainLimitError(`${this.#what} ${reason}${last}`, this.summary);
  }
}
