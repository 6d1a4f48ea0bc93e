import type { Telemetry } from 'bullmq';
import type { LifecycleState } from '../job/lifecycle/lifecycle.ts';
import type { Logger } from '../job/logging/logger.ts';
import type { UnsafeEviction } from '../store/server/check-server.ts';
import type { RedisInput } from '../store/connection/redis-input.ts';
import type { PoolTimings } from '../job/pool-defaults.ts';
import type { PoolEvents } from '../attempt/pool-events.ts';
import type { CommonStats } from '../store/stats/queue-stats.ts';
import type { PoolHealth } from './pool-health.ts';

export interface WorkerPoolOptions {
  /**
   * Address, ioredis options, or a client, which is duplicated and stays the caller's. The pool opens three connections, one of
   * them in a thread; functions among the options are called on the main thread for it, and what cannot be is refused.
   */
  redis: RedisInput;
  /** How many attempts run at once, 1 to 10,000. */
  concurrency: number;
  /** @default no logs; what must not go unnoticed becomes a warning of the process, see docs/operations.md */
  logger?: Logger;
  /**
   * Shown in logs and by BullMQ's tools.
   *
   * @default `pool-` and a few random characters
   */
  name?: string;
  /**
   * How long `drain` and `await using` let running attempts end, 0 to 3,600,000.
   *
   * @default 20_000
   */
  drainMs?: number;
  /**
   * How long a start waits for Redis, 50 to 86,400,000.
   *
   * @default 5_000
   */
  unavailableMs?: number;
  /**
   * What `start` does when Redis's `maxmemory-policy` is another than `noeviction`, so that it may delete jobs: `warn` in
   * the log, or `refuse`.
   *
   * @default 'warn'
   */
  unsafeEviction?: UnsafeEviction;
  /**
   * Work with a BullMQ whose scripts were not tested with this version of Sluice. Without it an unknown minor version is
   * refused, because admission relies on the texts of BullMQ's scripts. See docs/bullmq-compatibility.md.
   *
   * @default false
   */
  allowUntestedBullmq?: boolean;
  /**
   * Follows jobs in traces: what BullMQ's `Worker` takes under the same name, such as `new BullMQOtel(…)` of `bullmq-otel`. Handlers
   * run under the span of the put, be it of Sluice or of BullMQ. See docs/tracing.md.
   *
   * @default none
   */
  telemetry?: Telemetry;
  /**
   * Lease, renewal and sweep, in whole milliseconds: `leaseMs` up to a day and at least twice `renewMs`, `sweepMs` from 1.
   * All pools of a queue should have the same.
   * A sweep comes at least every `(leaseMs - renewMs) / 2`. For tests and for slow networks.
   *
   * @default { leaseMs: 5_000, renewMs: 1_500, sweepMs: 1_000 }
   */
  timings?: Partial<PoolTimings>;
}

export interface DrainOptions {
  /**
   * How long running attempts may continue, in milliseconds from 0 to 2,147,483,647; `Infinity` for no limit.
   *
   * @default the pool's `drainMs`
   */
  timeoutMs?: number;
}

export interface IdleOptions {
  /** How long there must have been nothing to run or to take, in milliseconds from 0 to 2,147,483,647. */
  idleMs: number;
}

/** Takes the jobs of one queue and runs their handlers, as many at once as it has slots. */
export interface WorkerPool extends AsyncDisposable {
  /** The option `name`, or the generated one. */
  readonly name: string;
  /** Where the pool is between its start and its stop. */
  readonly state: LifecycleState;
  /**
   * Connects, and starts to take jobs.
   *
   * @throws RedisUnavailableError when Redis is not there within `unavailableMs`
   * @throws DefinitionError when the installed BullMQ was not tested, unless `allowUntestedBullmq`
   * @throws RedisUnsuitableError when it is too old, or may evict jobs and `unsafeEviction` is `refuse`
   * @throws StoppedError when the pool was stopped before
   */
  start(): Promise<void>;
  /**
   * Stops taking and lets running attempts end for up to `timeoutMs` (default: the pool's `drainMs`); then aborts their
   * signals, waits for each one's grace, and gives back what is left without spending an attempt. Then it disconnects.
   *
   * @throws OptionError when `timeoutMs` is no such number; nothing was drained then
   */
  drain(options?: DrainOptions): Promise<void>;
  /** A drain without waiting. Shortens one that is under way. */
  stop(): Promise<void>;
  /**
   * Starts, runs what there is to run, and drains once nothing was running and nothing was there to take for `idleMs`.
   * Jobs that are delayed for longer than that stay.
   *
   * @throws OptionError when `idleMs` is no such number; what `start` throws
   */
  runUntilIdle(options: IdleOptions): Promise<void>;
  /** How the pool is doing, for probes and metrics. */
  health(): PoolHealth;
  /**
   * How full the queue is: what it is for all its clients.
   *
   * @throws RedisUnavailableError when Redis does not answer within `unavailableMs`, and while the pool is not running
   */
  stats(): Promise<CommonStats>;
  /** @returns a function that ends the subscription */
  on<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): () => void;
}
