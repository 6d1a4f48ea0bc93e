/** When a connection to Redis is reopened. docs/defaults.md lists them. Without imports: the lease thread loads it. */
export const connectionDefaults = {
  /** How long a connection may receive nothing while an answer is due. Where a command blocks in Redis, that much longer. */
  silenceMs: 3_000,
  /** The share of `unavailableMs` that this may take, where that is less, and the least it may be. */
  silenceShare: 0.6,
  silenceMinMs: 500,
  /** How long a Sentinel may take to say where the master is, before the next one is asked. */
  sentinelMs: 2_000,
} as const;
