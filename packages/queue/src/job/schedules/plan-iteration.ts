import type { DueTimes } from './cadence.ts';

/**
 * What becomes of the times that passed while nothing ran: `skip`: none of them is run; `one`: a single run makes up for
 * all; `all`: the last ones are run, up to that many.
 */
export type CatchUp = 'skip' | 'one' | { readonly all: number };

/** What is to be done with the iteration that was just taken. */
export interface IterationPlan {
  /** Whether its time has not passed by too far. */
  readonly runs: boolean;
  /** When the next iteration is due; null when the schedule has come to its end. */
  readonly nextMs: number | null;
}

/**
 * An iteration is missed once the next one's time has come as well.
 *
 * @param dueMs the time of the iteration that was taken
 * @param nowMs the time at which it was taken
 */
export function planIteration(times: DueTimes, catchUp: CatchUp, dueMs: number, nowMs: number): IterationPlan {
  const following = times.after(dueMs);
  if (following === null || following > nowMs) return { runs: true, nextMs: following };
  if (typeof catchUp === 'string') return { runs: catchUp === 'one', nextMs: times.after(nowMs) };
  const [first = dueMs] = times.lastUpTo(nowMs, catchUp.all);
  return first <= dueMs ? { runs: true, nextMs: following } : { runs: false, nextMs: first };
}
