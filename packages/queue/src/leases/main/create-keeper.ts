import type { Worker } from 'node:worker_threads';
import { keeperScripts, poolSetup, type PoolSetupOptions } from '../../store/lease-store/keeper-setup.ts';
import type { CallerFunction, FunctionOption } from '../../store/connection/options/thread-options.ts';
import type { RedisInput } from '../../store/connection/redis-input.ts';
import { KeeperLink } from './keeper-link.ts';
import { type KeeperListener, LeaseKeeper } from './lease-keeper.ts';
import { type LeaseThread, leaseThreadOf } from './lease-thread.ts';
import { spawnKeeper } from './spawn-keeper.ts';
import { threadInput } from '../../store/connection/thread-input.ts';

export interface CreateKeeperOptions extends PoolSetupOptions {
  readonly redis: RedisInput;
  /** What may be shown of where Redis is. */
  readonly host: string;
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
  const link = new KeeperLink({ thread, setup: poolSetup(options), host });
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
