import type { LifecycleState } from '@sluice/shared';
import type { PoolCounts } from './pool-tally.ts';

/** How a pool is doing. */
export interface PoolHealth extends Readonly<PoolCounts> {
  readonly state: LifecycleState;
  /** False: a restart of the process would help. The fetch loop does not turn, or too many handlers were given up. */
  readonly live: boolean;
  readonly redis: 'up' | 'away';
  /** Away: leases cannot be renewed at the moment. */
  readonly keeper: 'up' | 'away';
  /** Attempts that may run at once, and that run now. */
  readonly slots: number;
  readonly busy: number;
}

/** The fetch loop turns at least this often, whatever Redis does: every wait in it is shorter. */
const TURN_MAX_MS = 20_000;

/** Abandoned handlers from which on a pool is no longer live: as many as it has slots, at least ten. */
export function abandonedMax(slots: number): number {
  return Math.max(slots, 10);
}

export function isLive({
  slots,
  abandoned,
  sinceTurnMs,
}: {
  slots: number;
  abandoned: number;
  sinceTurnMs: number;
}): boolean {
  return sinceTurnMs <= TURN_MAX_MS && abandoned < abandonedMax(slots);
}
