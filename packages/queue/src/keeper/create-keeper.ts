import type { Worker } from 'node:worker_threads';
import type { QueueDefinition } from '@sluice/shared';
import { QueueKeys } from 'bullmq';
import { ourScript, wrappedScript } from '../backend/scripts.ts';
import type { PoolTimings } from '../pool/pool-defaults.ts';
import { storedName } from '../redis/queue-keys.ts';
import type { CallerFunction, FunctionOption } from '../redis/options/thread-options.ts';
import type { RedisInput } from '../redis/redis-input.ts';
import { KeeperLink } from './keeper-link.ts';
import type { KeeperScripts, PoolSetup } from './keeper-messages.ts';
import { type KeeperListener, LeaseKeeper } from './lease-keeper.ts';
import { type LeaseThread, leaseThreadOf } from './lease-thread.ts';
import { spawnKeeper } from './spawn-keeper.ts';
import { threadInput } from './thread-input.ts';

export interface CreateKeeperOptions {
  readonly queue: QueueDefinition;
  readonly redis: RedisInput;
  /** What may be shown of where Redis is. */
  readonly host: string;
  /** What the pool's lock tokens begin with. */
  readonly tokenPrefix: string;
  readonly timings: PoolTimings;
  /** How long a start waits for Redis. */
  readonly unavailableMs: number;
  readonly listener: KeeperListener;
}

/**
 * A lease keeper with a connection of its own, in the thread of all pools of this process on the same Redis. Nothing happens
 * before it is started.
 *
 * @throws DefinitionError when the thread cannot be given an option of `redis`
 */
export function createKeeper(options: CreateKeeperOptions): LeaseKeeper {
  const { listener, timings, host } = options;
  const { redis, functions } = threadInput(options.redis);
  const spawn = (): Worker => spawnKeeper({ redis, scripts: keeperScripts() }, functions);
  const thread = (): LeaseThread => leaseThreadOf(threadKey(redis, functions), spawn);
  const link = new KeeperLink({ thread, setup: setupOf(options), host });
  return new LeaseKeeper({ thread: link, leaseMs: timings.leaseMs, listener });
}

const numbers = new WeakMap<CallerFunction, number>();
let numbered = 0;

function numberOf(run: CallerFunction): number {
  const known = numbers.get(run) ?? (numbered += 1);
  numbers.set(run, known);
  return known;
}

/** What tells one Redis from another: the same address, options and functions have the same lease thread. */
function threadKey(redis: RedisInput, functions: readonly FunctionOption[]): string {
  return JSON.stringify([redis, functions.map(({ path, run }) => [path, numberOf(run)])]);
}

function setupOf({ queue, tokenPrefix, timings, unavailableMs }: CreateKeeperOptions): PoolSetup {
  const { prefix, capacity, keep, jobs } = queue;
  const { leaseMs, renewMs, sweepMs } = timings;
  return {
    queue: { capacity },
    keys: new QueueKeys(prefix).getKeys(storedName(queue)),
    keepDead: keep.dead,
    retries: Object.fromEntries(jobs.map(({ name, retry }) => [name, retry])),
    pool: tokenPrefix,
    timings: { leaseMs, renewMs, sweepMs },
    unavailableMs,
  };
}

/** The keeper's own scripts, and BullMQ's by which an attempt is ended. */
export function keeperScripts(): KeeperScripts {
  return {
    renew: ourScript('renew-leases'),
    sweep: ourScript('sweep-leases'),
    delay: wrappedScript('moveToDelayed').lua,
    retry: wrappedScript('retryJob').lua,
    finish: wrappedScript('moveToFinished').lua,
  };
}
