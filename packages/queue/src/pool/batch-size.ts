/** A smaller call costs more than it saves: each has a price of its own. */
const SPLIT_MIN_JOBS = 8;
/** The share that goes first of what ends at once. The rest fits into the call behind it. */
const FIRST_SHARE = 0.5;
/** How much larger a call may be than what is under way ahead of it. */
const GROWTH = 1.5;

/** What is known when a call is about to be sent. */
interface BatchLoad {
  /** Attempts that wait to be completed. */
  readonly pending: number;
  /** Jobs in the calls that are in flight. */
  readonly jobsInFlight: number;
  /** The most jobs that one call takes. */
  readonly takeMost: number;
}

/**
 * How many attempts one call completes, so that Redis and this process work at the same time.
 *
 * Attempts that are completed by one call have their successors start together, which then end together: a pool would go back and forth
 * between a Redis that waits for the pool and a pool that waits for Redis. So what ends at once, with nothing in flight, goes in two calls:
 * while the first jobs start, Redis runs the second call. Each next call is at most half as large again as what is ahead of it, so
 * that its jobs start soon after. Under full load, with half the slots in flight, all that is there goes together.
 *
 * A call never completes more than it may take: the slots of the others would stay empty until the next one.
 */
export function batchSize({ pending, jobsInFlight, takeMost }: BatchLoad): number {
  const size = jobsInFlight === 0 ? pending * FIRST_SHARE : jobsInFlight * GROWTH;
  return Math.max(Math.min(Math.max(Math.ceil(size), SPLIT_MIN_JOBS), takeMost), 1);
}
