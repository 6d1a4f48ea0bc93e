import { Cluster, Redis } from 'ioredis';
import { DefinitionError } from '../../job/errors/index.ts';
import { readRedisAddress, type RedisServer } from './read-redis-address.ts';
import { type ClusterInput, clusterInputOf, createCluster, hostsOf, isClusterInput } from './cluster-input.ts';
import { isDatabaseRefusal } from './connection-refusal.ts';
import { type ClientOptions, redisTable } from './options/client-options.ts';
import { type Options, ourOptions, takeOptions } from './options/take-options.ts';

/**
 * Where Redis is: `redis://`, `rediss://` or `unix:///path/to.sock`, ioredis options, or an ioredis client. A Redis
 * Cluster: several URLs with commas between them, `{ cluster: [nodes], options }`, or an ioredis Cluster.
 * A client that is handed in is duplicated, and stays the caller's to close. What becomes of each of its options stands in
 * docs/operations.md.
 */
export type RedisInput = string | ClientOptions | ClusterInput | Redis | Cluster;

/** Those that no user may run, or that fill the log of refused commands, are left out unless asked for. */
const quiet = { disableClientInfo: true } as const satisfies ClientOptions;

/**
 * Builds an unconnected client of ours. That of a cluster knows the same commands; it is typed as the other one, because
 * nothing here uses what a cluster lacks, and calls through a union of the two do not compile.
 *
 * @throws DefinitionError when the input is none, or has an option that cannot be used
 */
export function createClient(input: RedisInput, overrides: ClientOptions = {}): Redis {
  const read = readInput(input);
  if (read instanceof Cluster || isClusterInput(read))
    return createCluster(read, overrides) as Redis | Cluster as Redis;
  const options: ClientOptions = { ...quiet, ...takeRedisOptions(read), ...ourOptions(redisTable), ...overrides };
  return withItsDatabaseOnly(new Redis(options));
}

/** ioredis would go on with database 0, also when the other one is refused only later, after a restart. */
function withItsDatabaseOnly(client: Redis): Redis {
  client.on('error', (error) => {
    // What follows is the ready check, which this connection does not pass.
    if (isDatabaseRefusal(error)) client.stream.destroy();
  });
  return client;
}

/** Those of a client's options that are taken over. */
export function takeRedisOptions(input: Redis | ClientOptions): Options {
  if (!(input instanceof Redis)) return takeOptions(redisTable, input, { where: 'redis' });
  const { disableClientInfo: _default, ...options } = input.options;
  return takeOptions(redisTable, options, { where: 'redis.options', ofClient: true });
}

/**
 * The input without its text form.
 *
 * @throws DefinitionError when it is no address, no options and no client. Its message repeats nothing of it.
 */
export function readInput(input: RedisInput): Exclude<RedisInput, string> {
  if (typeof input === 'string') return readText(input);
  const given: unknown = input;
  if (typeof given !== 'object' || given === null) {
    const unset =
      given === undefined || given === null ? ': is an environment variable such as REDIS_URL not set?' : '';
    throw new DefinitionError(
      `redis must be an address such as redis://localhost:6379, options or a client of ioredis, not ${given === null ? 'null' : typeof given}${unset}`,
    );
  }
  if (!(input instanceof Redis || input instanceof Cluster) && 'duplicate' in given) {
    throw new DefinitionError(
      'redis: this client is not one of the ioredis that Sluice uses. Give its options or its address, or install one ioredis only',
    );
  }
  return input;
}

function readText(text: string): ClientOptions | ClusterInput {
  if (text.trim() === '') {
    throw new DefinitionError('redis: the address is empty: is an environment variable such as REDIS_URL not set?');
  }
  const { servers, problem } = readRedisAddress(text);
  if (servers === undefined) throw new DefinitionError(`redis: the address ${problem}`);
  return servers.length === 1 ? optionsOf(servers[0]) : clusterInputOf(servers);
}

function optionsOf({ tls, ...server }: RedisServer): ClientOptions {
  return { ...server, ...(tls ? { tls: {} } : {}) };
}

/** `host:port` or the socket's path: what may be shown. Of a cluster, its nodes. Never user or password. */
export function hostOf(client: Redis | Cluster): string {
  if (client instanceof Cluster) return hostsOf(client);
  const { path, host, port } = client.options;
  return path ?? `${host ?? '127.0.0.1'}:${port ?? 6_379}`;
}
