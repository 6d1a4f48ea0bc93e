import { connectionDefaults } from '../connection/connection-defaults.ts';
import type { PoolTimings } from '../../job/pool-defaults.ts';

/** How the sweep is paced, in milliseconds. */
export interface SweepPace {
  readonly everyMs: number;
  /** A sweep that comes sooner after another pool's has nothing to do. */
  readonly periodMs: number;
  /** A sweep that comes later after the one before recovers nothing for one lease: Redis may have been away. */
  readonly lateMs: number;
  /** How long a job of BullMQ's own workers must be without a lock. */
  readonly foreignMs: number;
}

/** BullMQ's workers renew every 15 s and look for stalled jobs every 30 s: six leases of ours. */
const FOREIGN_LEASES = 6;

/**
 * A lease that is renewed on time lasts for at least `leaseMs - renewMs` without Redis. So an outage that ends leases of
 * living workers always makes the next sweep a late one, and the pace has to keep `lateMs` below that.
 */
export function sweepPace({ leaseMs, renewMs, sweepMs }: PoolTimings): SweepPace {
  const everyMs = Math.max(Math.min(sweepMs, Math.floor((leaseMs - renewMs) / 2)), 1);
  return {
    everyMs,
    periodMs: Math.floor(everyMs * 0.9),
    lateMs: Math.max(2 * everyMs, leaseMs - 2 * renewMs),
    foreignMs: FOREIGN_LEASES * leaseMs,
  };
}

const SILENCE_MIN_MS = 1_000;

/**
 * How long the lease thread's connection may receive nothing while an answer is due: a dead one is found, and the leases are
 * renewed on a new one, before they run out.
 */
export function leaseThreadSilenceMs({ leaseMs, renewMs }: PoolTimings): number {
  return Math.min(connectionDefaults.silenceMs, Math.max((leaseMs - renewMs) / 2, SILENCE_MIN_MS));
}
