import type { Logger } from '../job/logging/logger.ts';
import type { BoundHandler, Handlers } from '../job/handler/handler-registry.ts';
import type { Lease } from '../leases/main/lease.ts';
import type { HeldLeases } from '../leases/main/held-leases.ts';
import type { Clock } from '../job/clock.ts';
import type { Delivery } from '../job/delivery.ts';
import type { HandlerRun } from './handler-run.ts';
import type { AbortRegistry } from './abort-registry.ts';
import type { Batches } from './batch/batches.ts';
import type { AttemptStore } from '../store/lease-store/lease-store.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import type { AttemptTrace, AttemptTracer } from './attempt-tracer.ts';
import type { JobEvent, PoolEmitter } from './pool-events.ts';
import type { PoolCounters } from './pool-counters.ts';
import type { ProcessLoad } from './process-load.ts';
import type { RedisMonitor } from './redis-monitor.ts';
import type { UnservedJobs } from './unserved-jobs.ts';

/** What is known of an attempt. Each step of its course adds to it. */
export interface AttemptRecord {
  readonly delivery: Delivery;
  /** What events say about it: the id in its caller's form, the job, and which attempt this is, from 1. */
  readonly about: JobEvent;
  readonly lease: Lease;
  readonly startedAtMs: number;
  /** A crash suspect: nothing runs here but others of its group. */
  readonly isSuspect: boolean;
  handler: BoundHandler | null;
  payload: unknown;
  /** The spans of the delivery; null without telemetry. */
  trace: AttemptTrace | null;
  /** The handler's run; null when none was started. */
  run: HandlerRun | null;
  /** Its ack methods, which learn whether the outcome was written. */
  controls: { answer(outcome: AttemptOutcome, written: boolean): void } | null;
  /** Once it is there, only settling and reporting are left. */
  outcome: AttemptOutcome | null;
  written: boolean;
  /** What the attempt came to here, when the lease thread had ended it as timed out before. */
  refused: AttemptOutcome | null;
}

/** What attempts need of their pool. */
export interface PoolServices {
  readonly handlers: Handlers;
  readonly store: AttemptStore;
  /** Sends what is completed together with the next take. `keepsSlot`: its handler still runs, so its slot is not free. */
  readonly batcher: { complete(delivery: Delivery, result: string, keepsSlot: boolean): Promise<void> };
  readonly leases: Pick<HeldLeases, 'hold' | 'limit' | 'release'>;
  readonly aborts: AbortRegistry;
  /** Where jobs of batch handlers wait for each other. */
  readonly batches: Pick<Batches, 'join'>;
  readonly watch: RedisMonitor;
  readonly events: PoolEmitter;
  readonly counters: PoolCounters;
  readonly unserved: UnservedJobs;
  /** What runs in this process, this attempt included. */
  readonly process: Pick<ProcessLoad, 'noteCompany'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Absent without telemetry. */
  readonly tracer?: AttemptTracer | undefined;
  /** Called when nothing of a delivery runs here any more, just before its slot is left. */
  readonly onRunOver?: ((delivery: Delivery) => void) | undefined;
}
