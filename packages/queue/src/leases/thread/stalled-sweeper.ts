import { type LeaseReport, troubleOf } from '../shared/lease-thread-messages.ts';
import { sweepPace } from '../../store/lease-store/sweep-pace.ts';
import type { LeaseThreadRedis } from '../../store/lease-store/lease-thread-redis.ts';
import type { PoolTimings } from '../../job/pool-defaults.ts';

export interface StalledSweeperDeps {
  readonly timings: PoolTimings;
  readonly redis: Pick<LeaseThreadRedis, 'sweep'>;
  readonly report: (message: LeaseReport) => void;
}

/** Gives back stalled jobs: jobs that run without a lock, because their worker is gone. Of all pools of a queue, one sweeps at a time. */
export class StalledSweeper {
  readonly #deps: StalledSweeperDeps;
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;
  #stopped = false;

  constructor(deps: StalledSweeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = setInterval(() => void this.sweep(), sweepPace(this.#deps.timings).everyMs);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** @returns for a first sweep in how many milliseconds what others left behind may be given back; 0 when nothing is */
  async sweep(isFirst = false): Promise<number> {
    if (this.#sweeping || this.#stopped) return 0;
    this.#sweeping = true;
    const { redis, report } = this.#deps;
    try {
      for (let goesOn = false; !this.#stopped; goesOn = true) {
        const { ids, more, leftoversInMs = 0 } = await redis.sweep(goesOn, isFirst && !goesOn);
        if (ids.length > 0) report({ kind: 'recovered', ids });
        if (!more) return leftoversInMs;
      }
    } catch (error) {
      if (!this.#stopped) report(troubleOf(error));
    } finally {
      this.#sweeping = false;
    }
    return 0;
  }
}
