import type { Delivery } from '../job/delivery.ts';
import { poolDefaults } from '../job/pool-defaults.ts';

/**
 * How many jobs one call completes. Jobs that are completed together start their successors together, and those end together if they
 * take as long as each other: in large calls all would wait for the last. Small ones keep Redis and this process at work at the same
 * time. Where few slots run handlers, it is the calls that take the time, and large ones cost the least.
 */
export class CallSize {
  /** Not those that began in this turn of the event loop: a handler that has nothing to wait for ends in it. */
  #running = 0;

  /** @param slots of the pool */
  mostFor(slots: number): number {
    const { runningShare, smallCallMaxJobs, callMaxJobs } = poolDefaults;
    return this.#running >= slots * runningShare ? smallCallMaxJobs : callMaxJobs;
  }

  /** These start now. */
  start(deliveries: readonly Delivery[]): void {
    setImmediate(() => {
      for (const delivery of deliveries) if (delivery.phase === 'starting') this.#run(delivery);
    });
  }

  /** The handler has returned. It does not matter how often that is said. */
  end(delivery: Delivery): void {
    if (delivery.phase === 'running') this.#running -= 1;
    delivery.phase = 'over';
  }

  #run(delivery: Delivery): void {
    delivery.phase = 'running';
    this.#running += 1;
  }
}
