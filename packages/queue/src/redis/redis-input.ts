import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { connectionDefaults } from './connection-defaults.ts';
import { type ClusterInput, createCluster, hostsOf, isClusterInput } from './cluster-input.ts';

/**
 * Where Redis is: `redis://`, `rediss://` or `unix:///path/to.sock`, ioredis options, or an ioredis client. A Redis
 * Cluster: several URLs with commas between them, `{ cluster: [nodes], options }`, or an ioredis Cluster.
 * A client that is handed in is duplicated with the options that Sluice needs, and stays the caller's to close.
 */
export type RedisInput = string | ClientOptions | ClusterInput | Redis | Cluster;

/** ioredis options, without the shape of replies: scripts rely on it. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

function pauseBeforeRetry(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 1_000);
}

/**
 * Options under which no command is ever sent twice behind our back: a command whose answer is lost rejects, and only
 * Sluice decides what may be sent again. `maxRetriesPerRequest: 0` rejects it once and executes it once;
 * `commandTimeout`, or ioredis's defaults, would run it twice.
 */
export const connectionOptions = {
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  connectTimeout: 4_000,
  retryStrategy: pauseBeforeRetry,
  // reopenWhenSilent does better.
  socketTimeout: undefined,
  // A Sentinel that hangs, often with the master beside it, must not keep us from asking the next one, and all from asking again.
  sentinelCommandTimeout: connectionDefaults.sentinelMs,
  sentinelRetryStrategy: pauseBeforeRetry,
} as const satisfies ClientOptions;

/**
 * Builds an unconnected client of ours. That of a cluster knows the same commands; it is typed as the other one, because
 * nothing here uses what a cluster lacks, and calls through a union of the two do not compile.
 */
export function createClient(input: RedisInput, overrides: ClientOptions = {}): Redis {
  const options = { ...connectionOptions, ...overrides };
  if (input instanceof Redis) return input.duplicate(options);
  const cluster = clusterOf(input);
  if (cluster) return createCluster(cluster, overrides) as Redis | Cluster as Redis;
  if (typeof input !== 'string') return new Redis({ ...(input as ClientOptions), ...options });
  if (input.startsWith('unix://')) return new Redis({ ...options, path: input.slice('unix://'.length) });
  return new Redis(input, options);
}

function clusterOf(input: Exclude<RedisInput, Redis>): ClusterInput | Cluster | null {
  if (typeof input === 'string')
    return input.includes(',') ? { cluster: input.split(',').map((url) => url.trim()) } : null;
  return input instanceof Cluster || isClusterInput(input) ? input : null;
}

/** `host:port` or the socket's path: what may be shown. Of a cluster, its nodes. Never user or password. */
export function hostOf(client: Redis | Cluster): string {
  if (client instanceof Cluster) return hostsOf(client);
  const { path, host, port } = client.options;
  return path ?? `${host ?? '127.0.0.1'}:${port ?? 6_379}`;
}
