import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerPool } from '@sluice/queue';
import type { QueueView, QueueWork } from '@sluice/queue/testing';
import { DrainLimits, type DrainOptions, type DrainSummary } from './drain-limits.ts';

const LOOK_MIN_MS = 1;
const LOOK_MAX_MS = 20;
/** A producer that waits for capacity asks within 40 ms; one that is gone leaves its ticket behind. */
const WAITERS_MS = 250;

export interface QueueRunnerDeps {
  readonly name: string;
  readonly view: QueueView;
  readonly pool: WorkerPool;
  /** Called with each look. */
  readonly onLook: (work: QueueWork) => void;
}

/**
 * Lets a pool work until nothing is left, and moves the queue's clock over the times in which it would only wait. The clock moves
 * only while nothing runs, and never past the next time at which something is due.
 */
export class QueueRunner {
  readonly #deps: QueueRunnerDeps;
  readonly #limits: DrainLimits;
  #changed = Promise.withResolvers<void>();

  constructor(deps: QueueRunnerDeps, what: string, options: DrainOptions) {
    this.#deps = deps;
    this.#limits = new DrainLimits(`${what} of queue ${deps.name}`, options);
  }

  /** Runs everything, also what is delayed. The next iterations of job schedulers run only when something is due after them. */
  async drain(): Promise<DrainSummary> {
    return this.#listening(async () => {
      let work = await this.#settle();
      while (work.nextOwnInMs !== null) work = await this.#move(work.nextInMs ?? work.nextOwnInMs);
    });
  }

  /** Moves the queue's clock by `ms`, and runs what is due on the way. */
  async advance(ms: number): Promise<DrainSummary> {
    return this.#listening(async () => {
      let work = await this.#settle();
      while (work.nextInMs !== null && work.nextInMs <= ms - this.#limits.summary.movedMs) {
        work = await this.#move(work.nextInMs);
      }
      await this.#move(ms - this.#limits.summary.movedMs);
    });
  }

  async #move(ms: number): Promise<QueueWork> {
    await this.#deps.view.moveBy(ms);
    this.#limits.summary.movedMs += ms;
    return this.#settle();
  }

  /** Resolves once nothing can be taken and nothing runs. */
  async #settle(): Promise<QueueWork> {
    const { view, pool, onLook, name } = this.#deps;
    let pauseMs = LOOK_MIN_MS;
    let quietSinceMs: number | null = null;
    for (;;) {
      const changed = this.#changed.promise;
      const work = await view.work();
      onLook(work);
      if (work.paused && work.ready > 0) {
        throw new Error(`queue ${name} is paused, so none of its ${work.ready} jobs can be taken: resume it first`);
      }
      if (work.ready + work.active + pool.health().busy === 0) {
        if (work.waiters === 0) return work;
        quietSinceMs ??= performance.now();
        if (performance.now() - quietSinceMs > WAITERS_MS) return work;
      } else quietSinceMs = null;
      this.#limits.check(work);
      const isChanged = await Promise.race([changed.then(() => true), sleep(pauseMs, false)]);
      pauseMs = isChanged ? LOOK_MIN_MS : Math.min(pauseMs * 2, LOOK_MAX_MS);
    }
  }

  async #listening(run: () => Promise<void>): Promise<DrainSummary> {
    const { pool } = this.#deps;
    const notify = (): void => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    const ends = (['completed', 'dead', 'expired', 'retried', 'released'] as const).map((how) =>
      pool.on(how, (event) => {
        this.#limits.noteEnded(how, event);
        notify();
      }),
    );
    const stopListening = [...ends, pool.on('started', (event) => this.#limits.noteStarted(event))];
    try {
      await run();
      return this.#limits.summary;
    } finally {
      for (const stop of stopListening) stop();
    }
  }
}
