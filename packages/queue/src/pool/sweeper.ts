import type { LeaseStore } from './lease-store.ts';
import type { PoolEmitter } from './pool-events.ts';
import type { PoolTally } from './pool-tally.ts';
import type { RedisWatch } from './redis-watch.ts';

export interface SweeperOptions {
  readonly store: Pick<LeaseStore, 'recover'>;
  readonly events: PoolEmitter;
  readonly tally: PoolTally;
  readonly watch: RedisWatch;
  readonly sweepMs: number;
}

/** Looks for jobs whose lease ran out, and gives them back. All pools of a queue do; Redis lets one at a time. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.sweep(), this.#options.sweepMs);
    void this.sweep();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const { store, events, tally, watch } = this.#options;
    try {
      const ids = await store.recover();
      if (ids.length === 0) return;
      tally.add('recovered', ids.length);
      events.emit('recovered', { ids });
    } catch (error) {
      if (this.#timer) watch.trouble(error);
    } finally {
      this.#sweeping = false;
    }
  }
}
