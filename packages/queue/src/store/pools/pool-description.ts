import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';

/** How a pool does, as it says itself every few seconds. JSON-safe. */
export interface PoolLoad {
  /** Handlers that were given up and have not come back since. */
  readonly abandoned: number;
  /** Leases that had run out when they were renewed, and could be had again, since the pool started. */
  readonly lateRenewals: number;
  /** The longest block of its event loop in the last ten seconds, in ms, to a twentieth of a second. */
  readonly loopLagMs: number;
}

/** What a pool says of itself in Redis, next to its heartbeat: JSON in `sluice:pool-description:<pool>`. */
export interface PoolDescription {
  /** The option `name`, or the generated one. */
  readonly name: string;
  /** A consumer has a slot for each open `take` and for each lease that it holds. */
  readonly kind: 'pool' | 'consumer';
  /** The name of its machine or container. */
  readonly host: string;
  /** Of its process. */
  readonly pid: number;
  /** Of @sluice/queue. */
  readonly version: string;
  /** In ms since the epoch. */
  readonly startedAt: number;
  /** Whether it takes jobs, or ends. */
  readonly state: 'running' | 'draining';
  /** Null for a consumer. */
  readonly slots: number | null;
  /** What its queue's definition has there. */
  readonly contracts: readonly {
    readonly name: string;
    readonly version: number;
    /** Deadline of an attempt, where the put says no other, in ms. Older versions do not say. */
    readonly timeoutMs?: number;
  }[];
  /** Older versions do not say, nor does a pool in its first seconds. */
  readonly load?: PoolLoad;
}

/** What it can run, whatever else it is. */
export function contractsOf({ jobs }: Pick<QueueDefinition, 'jobs'>): PoolDescription['contracts'] {
  return jobs.map(({ name, version, timeoutMs }) => ({ name, version, timeoutMs }));
}
