import { Worker } from 'node:worker_threads';
import { leaseThreadProgram } from '#lease-thread';
import { leaseThreadScripts, poolSetup, type PoolSetupOptions } from '../../store/lease-store/lease-thread-setup.ts';
import type { CallerFunction, FunctionOption } from '../../store/connection/options/thread-options.ts';
import type { RedisInput } from '../../store/connection/redis-input.ts';
import { LeaseThreadClient } from './lease-thread-client.ts';
import { type LeaseListener, HeldLeases } from './held-leases.ts';
import { type LeaseThread, leaseThreadOf } from './lease-thread.ts';
import { openFunctionChannel } from '../shared/function-channel.ts';
import type { ThreadData } from '../shared/lease-thread-messages.ts';
import { threadInput } from '../../store/connection/thread-input.ts';

const YOUNG_MIB = 4;

export interface CreateHeldLeasesOptions extends PoolSetupOptions {
  readonly redis: RedisInput;
  /** What may be shown of where Redis is. */
  readonly host: string;
  readonly listener: LeaseListener;
}

/**
 * A pool's leases. Its connection for them is in the lease thread, which all pools of this process on the same Redis share. Nothing happens
 * before it is started.
 *
 * @throws DefinitionError when the thread cannot be given an option of `redis`
 */
export function createHeldLeases(options: CreateHeldLeasesOptions): HeldLeases {
  const { listener, timings, host } = options;
  const { redis, functions } = threadInput(options.redis);
  const spawn = (): Worker => spawnLeaseThread({ redis, scripts: leaseThreadScripts() }, functions);
  const thread = (): LeaseThread => leaseThreadOf(threadKey(redis, functions), spawn);
  const link = new LeaseThreadClient({ thread, setup: poolSetup(options), host });
  return new HeldLeases({ thread: link, leaseMs: timings.leaseMs, listener });
}

const numbers = new WeakMap<CallerFunction, number>();
let numbered = 0;

function numberOf(run: CallerFunction): number {
  const known = numbers.get(run) ?? (numbered += 1);
  numbers.set(run, known);
  return known;
}

/** What distinguishes one Redis from another: the same address, options and functions have the same lease thread. */
function threadKey(redis: RedisInput, functions: readonly FunctionOption[]): string {
  return JSON.stringify([redis, functions.map(({ path, run }) => [path, numberOf(run)])]);
}

/** @param functions the caller's, among the options of the connection */
function spawnLeaseThread(data: ThreadData, functions: readonly FunctionOption[]): Worker {
  const { program, ...options } = leaseThreadProgram;
  const line = functions.length === 0 ? undefined : openFunctionChannel(functions);
  return new Worker(program, {
    ...options,
    name: 'sluice-leases',
    workerData: line ? { ...data, functions: line } : data,
    transferList: line ? [line.port] : [],
    // Little of what it makes lives long: without a limit its youngest objects alone take up to 48 MiB.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
}
