import type { Handlers } from '../job/handler/handler-registry.ts';
import { outsideContext } from '../job/outside-context.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import type { LeaseStore } from '../store/lease-store/lease-store.ts';

/**
 * Brings back the jobs that other workers have put aside and that this one can run: when it starts, as in a deployment, and now and then.
 * Without it they would come back by themselves, at most `unknownDelayMaxMs` later, and perhaps to the same workers.
 */
export class UnservedReturner {
  readonly #store: Pick<LeaseStore, 'bringUnserved'>;
  readonly #contracts: readonly { readonly name: string; readonly version: number }[];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Pick<LeaseStore, 'bringUnserved'>, handlers: Handlers) {
    this.#store = store;
    this.#contracts = [...handlers.values()].map(({ contract: { name, version } }) => ({ name, version }));
  }

  start(): void {
    this.#bring();
    this.#timer = outsideContext(() => setInterval(() => this.#bring(), poolDefaults.unservedBringMs));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Who takes jobs reports when Redis is away: this only helps. */
  #bring(): void {
    this.#store.bringUnserved(this.#contracts).catch(() => undefined);
  }
}
