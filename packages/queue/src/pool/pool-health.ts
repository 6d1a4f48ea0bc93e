import type { LifecycleState } from '../job/lifecycle/lifecycle.ts';
import type { PoolCounts } from '../attempt/pool-counters.ts';
import type { UnservedJob } from '../attempt/unserved-jobs.ts';

/** How a pool is doing. */
export interface PoolHealth extends Readonly<PoolCounts> {
  /** Where the pool is between its start and its stop. */
  readonly state: LifecycleState;
  /**
   * False: a restart of the process would help. The fetch loop does not turn, leases are not renewed though Redis answers, or too
   * many handlers were given up. An outage of Redis is no reason.
   */
  readonly live: boolean;
  /**
   * Whether it does its work: it is running and live, Redis answers, leases can be renewed, none is overdue, and its handlers load. The lease thread
   * asks Redis every second, so a Redis that does not answer shows here within some seconds, however idle the pool is.
   */
  readonly ready: boolean;
  /** Whether Redis answers the pool. */
  readonly redis: 'up' | 'away';
  /** Away: leases cannot be renewed at the moment. */
  readonly leaseThread: 'up' | 'away';
  /** For how long the fetch loop has not turned, in milliseconds; 0 while it only waits for a slot. */
  readonly sinceTurnMs: number;
  /** How long ago the first of the held leases should have been renewed, in milliseconds; 0 when all are. */
  readonly leaseOverdueMs: number;
  /** The longest block of the event loop in the last ten seconds, in milliseconds. */
  readonly loopLagMs: number;
  /**
   * Jobs that came in the last minute and could not be run here, by their name, with the reason. No handler, or a newer version:
   * they are another worker's. Those with `isOwn` have a handler here that could not be loaded: then the pool is not `ready`.
   */
  readonly unserved: readonly UnservedJob[];
  /** Attempts that may run at once, and that run now. */
  readonly slots: number;
  /** How many attempts run now. */
  readonly busy: number;
}

/** The fetch loop turns at least this often, whatever Redis does: every wait in it is shorter. */
const TURN_MAX_MS = 20_000;

/** A lease that is not renewed for so long is lost or taken back, if anybody still looks after leases. */
const OVERDUE_MAX_MS = 20_000;

/** Abandoned handlers from which on a pool is no longer live: as many as it has slots, at least ten. */
function abandonedMax(slots: number): number {
  return Math.max(slots, 10);
}

export interface Progress {
  readonly slots: number;
  readonly abandoned: number;
  readonly sinceTurnMs: number;
  readonly leaseOverdueMs: number;
  readonly redis: PoolHealth['redis'];
}

export function isLive({ slots, abandoned, sinceTurnMs, leaseOverdueMs, redis }: Progress): boolean {
  const isRenewed = redis === 'away' || leaseOverdueMs <= OVERDUE_MAX_MS;
  return sinceTurnMs <= TURN_MAX_MS && isRenewed && abandoned < abandonedMax(slots);
}
