import type { LifecycleState } from '@sluice/queue/lifecycle';
import type { WorkerHealth } from './worker-health.ts';

/** What a worker process runs, from start to end. */
export interface Worker {
  readonly state: LifecycleState;
  health(): WorkerHealth;
  /** @throws RedisUnavailableError */
  start(): Promise<void>;
  /** Takes no more jobs, lets the running ones end for as long as configured, and closes all connections. */
  drain(): Promise<void>;
  /** A drain without waiting. Shortens one that is under way. */
  stop(): Promise<void>;
}
