/** What a pool has done since it was made. */
export interface PoolCounts {
  taken: number;
  completed: number;
  retried: number;
  released: number;
  dead: number;
  expired: number;
  cancelled: number;
  missing: number;
  /** Attempts whose end could not be written because the lease was lost. */
  leaseLost: number;
  /** Attempts that the lease thread ended as timed out because the event loop was blocked. */
  settledByWatchdog: number;
  /** Jobs of dead workers that this pool gave back. */
  recovered: number;
  /** Handlers that were given up and have not come back since. They may still hold memory, sockets, the CPU. */
  abandoned: number;
  /** Handlers in threads that were given up, and whose thread was ended. Nothing of them is left. */
  terminated: number;
}

export class PoolCounters {
  readonly counts: PoolCounts = {
    taken: 0,
    completed: 0,
    retried: 0,
    released: 0,
    dead: 0,
    expired: 0,
    cancelled: 0,
    missing: 0,
    leaseLost: 0,
    settledByWatchdog: 0,
    recovered: 0,
    abandoned: 0,
    terminated: 0,
  };

  add(what: keyof PoolCounts, by = 1): void {
    this.counts[what] += by;
  }
}
