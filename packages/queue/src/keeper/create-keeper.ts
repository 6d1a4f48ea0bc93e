import type { QueueDefinition } from '@sluice/shared';
import { QueueKeys } from 'bullmq';
import { renewLeasesScript, sweepLeasesScript, wrappedScript } from '../backend/scripts.ts';
import type { PoolTimings } from '../pool/pool-defaults.ts';
import { storedName } from '../redis/queue-keys.ts';
import type { RedisInput } from '../redis/redis-input.ts';
import { KeeperLink } from './keeper-link.ts';
import type { KeeperSetup } from './keeper-messages.ts';
import { type KeeperListener, LeaseKeeper } from './lease-keeper.ts';
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
 * A lease keeper with a thread and a connection of its own. Nothing happens before it is started.
 *
 * @throws DefinitionError when the thread cannot be given an option of `redis`
 */
export function createKeeper(options: CreateKeeperOptions): LeaseKeeper {
  const { listener, timings, host } = options;
  const { redis, functions } = threadInput(options.redis);
  const setup = setupOf({ ...options, redis });
  const link = new KeeperLink({ spawn: () => spawnKeeper(setup, functions), host });
  return new LeaseKeeper({ thread: link, leaseMs: timings.leaseMs, listener });
}

function setupOf({ queue, redis, tokenPrefix, timings, unavailableMs }: CreateKeeperOptions): KeeperSetup {
  const { prefix, capacity, keep, jobs } = queue;
  const { leaseMs, renewMs, sweepMs } = timings;
  return {
    redis,
    queue: { capacity },
    keys: new QueueKeys(prefix).getKeys(storedName(queue)),
    keepDead: keep.dead,
    retries: Object.fromEntries(jobs.map(({ name, retry }) => [name, retry])),
    pool: tokenPrefix,
    timings: { leaseMs, renewMs, sweepMs },
    unavailableMs,
    scripts: keeperScripts(),
  };
}

/** The keeper's own scripts, and BullMQ's by which an attempt is ended. */
export function keeperScripts(): KeeperSetup['scripts'] {
  return {
    renew: renewLeasesScript(),
    sweep: sweepLeasesScript(),
    delay: wrappedScript('moveToDelayed').lua,
    retry: wrappedScript('retryJob').lua,
    finish: wrappedScript('moveToFinished').lua,
  };
}
