/** Defaults and limits of worker pools. docs/defaults.md lists them. */
export const poolDefaults = {
  /** How long a job is held without a renewal. A worker that died gives it up after that. */
  leaseMs: 5_000,
  /** How often leases are renewed. */
  renewMs: 1_500,
  /** How often jobs whose lease ran out are looked for. */
  sweepMs: 1_000,
  /** How often a job that runs alone in its process may take it down, and still be given back. */
  crashesMax: 3,
  /** How long a busy pool takes no other jobs, the first time and at most, so that crash suspects can run alone. */
  clearMinMs: 10_000,
  clearMaxMs: 640_000,
  /** How long `drain` lets running attempts end before it aborts them. */
  drainMs: 20_000,
  /** How much longer than deadline and grace a lease may last, so that the end itself can still be written. */
  settleMarginMs: 1_000,
  /** How much longer still the end is tried to be written, and the lease kept for that, while Redis is away or the event loop is blocked. */
  settleOutageMs: 300_000,
  /** How much later than deadline and grace the lease thread ends an attempt that is still running. */
  watchdogDelayMs: 100,
  /** How long after deadline and grace one try of the watchdog lasts. Then the event loop may end the attempt, if it is no longer blocked, or the watchdog tries again. */
  watchdogMaxMs: 5_000,
  /** How long an idle pool blocks in Redis before it looks by itself. */
  blockMs: 5_000,
  /** The most jobs that one call of the script completes, and the most that it takes. */
  callMaxJobs: 100,
  /** How much of the slots run handlers when calls become small, and the most jobs that one of those completes. */
  runningShare: 0.2,
  smallCallMaxJobs: 16,
  /** The most bytes of results in one call, unless a single result is larger. */
  callMaxBytes: 1_024 * 1_024,
  /** A larger result is left out of BullMQ's event `completed`; it is read from the job. As in completed-event.lua. */
  eventResultMaxBytes: 4_096,
  /** Calls of the script that may be in flight at once. */
  callsInFlight: 2,
  /** The most takes under way at once on a queue that is limited, where BullMQ's script takes one job at a time. */
  takesInFlight: 16,
  /** How long a command may take before the pool calls Redis away. */
  commandMs: 5_000,
  /** The shortest and the longest pause of the fetch loop while Redis is away. */
  backOffMinMs: 50,
  backOffMaxMs: 1_000,
  /** The first and the longest delay of a job that this worker cannot run: no handler, or a newer version. */
  unknownDelayMinMs: 1_000,
  unknownDelayMaxMs: 30_000,
  /** How often a pool brings back the jobs that others have put aside and that it can run. */
  unservedBringMs: 10_000,
  /** The longest pause before a retry, and the longest that `RetryLaterError` may ask for. */
  retryDelayMaxMs: 86_400_000,
  /** As JSON. */
  progressMaxBytes: 4 * 1_024,
  failureMessageMaxBytes: 2 * 1_024,
  failureStackMaxBytes: 8 * 1_024,
} as const;

/** The pace of a pool's leases, in milliseconds. */
export interface PoolTimings {
  /** How long a job is held without a renewal. After that another pool may take it. */
  leaseMs: number;
  /** How often leases are renewed. */
  renewMs: number;
  /** How often the pool looks for jobs whose lease has run out. */
  sweepMs: number;
}
