import type { Logger } from '../job/logging/logger.ts';
import type { BoundHandler, Handlers } from '../job/handler/handler-registry.ts';
import type { Lease } from '../leases/main/lease.ts';
import type { HeldLeases } from '../leases/main/held-leases.ts';
import type { AttemptControls } from './attempt-controls.ts';
import type { Clock } from '../job/clock.ts';
import type { Delivery } from '../job/delivery.ts';
import type { HandlerRun } from './handler-run.ts';
import type { AbortRegistry } from './abort-registry.ts';
import type { AttemptStore } from '../store/lease-store/lease-store.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import type { JobEvent, PoolEmitter } from './pool-events.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { ProcessLoad } from './process-load.ts';
import type { RedisMonitor } from './redis-monitor.ts';
import type { UnservedJobs } from './unserved-jobs.ts';

/** What is known of an attempt. Each step of its course adds to it. */
export class AttemptRecord {
  readonly delivery: Delivery;
  /** The id in its caller's form. */
  readonly id: string;
  readonly lease: Lease;
  readonly startedAtMs: number;
  handler: BoundHandler | null = null;
  payload: unknown = undefined;
  /** The handler's run and its controls; null when none was started. */
  run: HandlerRun | null = null;
  controls: AttemptControls | null = null;
  /** Once it is there, only settling and reporting are left. */
  outcome: AttemptOutcome | null = null;
  written = false;
  /** What the attempt came to here, when the lease thread had ended it as timed out before. */
  refused: AttemptOutcome | null = null;

  constructor(delivery: Delivery, id: string, lease: Lease, startedAtMs: number) {
    this.delivery = delivery;
    this.id = id;
    this.lease = lease;
    this.startedAtMs = startedAtMs;
  }

  /** Which attempt of the job this is, from 1. */
  get attempt(): number {
    return this.delivery.attemptsMade + 1;
  }

  /** What events say about it. */
  get about(): JobEvent {
    return { id: this.id, job: this.delivery.name, attempt: this.attempt };
  }
}

/** What attempts need of their pool. */
export interface PoolServices {
  readonly handlers: Handlers;
  readonly store: AttemptStore;
  /** Sends what is completed together with the next take. `keepsSlot`: its handler still runs, so its slot is not free. */
  readonly batcher: { complete(delivery: Delivery, result: string, keepsSlot: boolean): Promise<void> };
  readonly leases: Pick<HeldLeases, 'hold' | 'limit' | 'release'>;
  readonly aborts: AbortRegistry;
  readonly watch: RedisMonitor;
  readonly events: PoolEmitter;
  readonly counters: PoolCounters;
  readonly unserved: UnservedJobs;
  /** What runs in this process, this attempt included. */
  readonly process: Pick<ProcessLoad, 'noteCompany'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Called when nothing of a delivery runs here any more, just before its slot is left. */
  readonly onRunOver?: ((delivery: Delivery) => void) | undefined;
}

/** Adds to a record what it finds out. Synchronous unless it has to wait. */
export type Step = (record: AttemptRecord, services: PoolServices) => void | Promise<void>;
