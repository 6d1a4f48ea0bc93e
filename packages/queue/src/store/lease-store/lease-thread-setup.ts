import type { KeysMap } from 'bullmq';
import type { JobContract } from '../../job/contracts/job-contract.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import type { PoolTimings } from '../../job/pool-defaults.ts';
import { type ProcessPlace, processPlace } from '../../job/process-place.ts';
import type { PoolDescription } from '../pools/pool-description.ts';
import type { RedisInput } from '../connection/redis-input.ts';
import { bullmqKeys } from '../keys/bullmq-keys.ts';
import { ourScript, wrappedText } from '../scripts/scripts.ts';

export type LeaseThreadScripts = Readonly<Record<'renew' | 'sweep' | 'delay' | 'retry' | 'finish', string>>;

/** What the thread knows of a pool. */
export interface PoolSetup {
  readonly queue: { readonly capacity: number };
  readonly keys: KeysMap;
  readonly keepDead: { readonly count: number; readonly ageMs: number };
  /** By name: how attempts are repeated. */
  readonly retries: Readonly<Record<string, JobContract['retry']>>;
  /** By name: how long a handler may go on once its signal was aborted, in ms. */
  readonly graces: Readonly<Record<string, number>>;
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly place: ProcessPlace;
  /** What it says of itself at its start. */
  readonly description: PoolDescription;
  readonly timings: PoolTimings;
  readonly unavailableMs: number;
}

/** All that keeping the leases of a pool takes. */
export type LeaseThreadSetup = PoolSetup & { readonly redis: RedisInput; readonly scripts: LeaseThreadScripts };

export interface PoolSetupOptions {
  readonly queue: QueueDefinition;
  /** What the pool's lock tokens begin with. */
  readonly tokenPrefix: string;
  readonly description: PoolDescription;
  readonly timings: PoolTimings;
  /** How long a start waits for Redis. */
  readonly unavailableMs: number;
}

export function poolSetup({ queue, tokenPrefix, description, timings, unavailableMs }: PoolSetupOptions): PoolSetup {
  const { capacity, keep, jobs } = queue;
  const { leaseMs, renewMs, sweepMs } = timings;
  return {
    queue: { capacity },
    keys: bullmqKeys(queue),
    keepDead: keep.dead,
    retries: Object.fromEntries(jobs.map(({ name, retry }) => [name, retry])),
    graces: Object.fromEntries(jobs.map(({ name, graceMs }) => [name, graceMs])),
    pool: tokenPrefix,
    place: processPlace(),
    description,
    timings: { leaseMs, renewMs, sweepMs },
    unavailableMs,
  };
}

/** The lease thread's own scripts, and BullMQ's by which an attempt is ended. */
export function leaseThreadScripts(): LeaseThreadScripts {
  return {
    renew: ourScript('renew-leases'),
    sweep: ourScript('sweep-leases'),
    delay: wrappedText('moveToDelayed'),
    retry: wrappedText('retryJob'),
    finish: wrappedText('moveToFinished'),
  };
}
