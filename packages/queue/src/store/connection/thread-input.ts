import { Cluster } from 'ioredis';
import { isClusterInput, takeCluster } from './cluster-input.ts';
import { clusterTable, redisTable } from './options/client-options.ts';
import { type FunctionOption, threadOptions } from './options/thread-options.ts';
import { readInput, type RedisInput, takeRedisOptions } from './redis-input.ts';

/** Where Redis is, for the lease thread: what can be sent to it, and the functions that it must call on the main thread. */
export interface ThreadInput {
  readonly redis: RedisInput;
  readonly functions: readonly FunctionOption[];
}

/**
 * Describes the same Redis for the lease thread. A client becomes its options.
 *
 * @throws DefinitionError that names each option which can neither be sent nor called; nothing is left out silently
 */
export function threadInput(given: RedisInput): ThreadInput {
  const input = readInput(given);
  if (!(input instanceof Cluster || isClusterInput(input))) {
    const { data, functions } = threadOptions(redisTable, takeRedisOptions(input), 'redis');
    return { redis: data as RedisInput, functions };
  }
  const { nodes, options } = takeCluster(input);
  const { data, functions } = threadOptions(clusterTable, options, 'redis.options');
  const inOptions = functions.map((each) => ({ ...each, path: ['options', ...each.path] }));
  return { redis: { cluster: nodes, options: data } as RedisInput, functions: inOptions };
}
