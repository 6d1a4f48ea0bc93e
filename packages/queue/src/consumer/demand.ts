import type { Slots } from '../job/slots.ts';
import type { JobLease } from './job-lease.ts';

/** One who waits for a job. */
export interface Want {
  /** A lease, or null when it was withdrawn. */
  readonly met: Promise<JobLease | null>;
}

interface OpenWant extends Want {
  readonly resolve: (lease: JobLease | null) => void;
}

/**
 * Those who wait for a job, in their order. Each opens a slot of the pool, so that no job is taken that nobody waits for; the
 * slot is closed when the want is withdrawn, or when the lease that met it is over.
 */
export class Demand {
  readonly #slots: Slots;
  readonly #open = new Set<OpenWant>();

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  add(): Want {
    const { promise, resolve } = Promise.withResolvers<JobLease | null>();
    const want: OpenWant = { met: promise, resolve };
    this.#open.add(want);
    this.#slots.grow();
    return want;
  }

  isOpen(want: Want): boolean {
    return this.#open.has(want as OpenWant);
  }

  /** @returns false when nobody waits any more */
  meet(lease: JobLease): boolean {
    const [first] = this.#open;
    if (!first) return false;
    this.#open.delete(first);
    first.resolve(lease);
    return true;
  }

  withdraw(want: Want): void {
    const open = want as OpenWant;
    if (!this.#open.delete(open)) return;
    this.#slots.shrink();
    open.resolve(null);
  }

  withdrawAll(): void {
    for (const want of this.#open) this.withdraw(want);
  }
}
