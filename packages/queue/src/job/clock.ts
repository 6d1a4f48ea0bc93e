/** Wall time to store and show, monotonic time to measure. Both in milliseconds. */
export interface Clock {
  wallMs(): number;
  /** Redis's wall time, by which jobs are delayed, expire and are kept. */
  redisMs(): number;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  redisMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
