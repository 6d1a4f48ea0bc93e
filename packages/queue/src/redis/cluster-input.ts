import { DefinitionError } from '@sluice/shared';
import { Cluster, type ClusterOptions } from 'ioredis';
import type { ClientOptions } from './redis-input.ts';

/** A node of a Redis Cluster: `redis://` or `rediss://` with a port, or host and port. */
export type ClusterNodeInput = string | { readonly host: string; readonly port: number };

/** A Redis Cluster by some of its nodes. The others are found by asking these. */
export interface ClusterInput {
  /** At least one; all that are known, so that the cluster is found whichever of them is away. */
  readonly cluster: readonly ClusterNodeInput[];
  /**
   * ioredis's ClusterOptions. User, password and TLS of all nodes go into `options.redisOptions`; those of the first URL
   * are taken when nothing is there. Options that decide whether a command is sent again are ours.
   */
  readonly options?: ClusterOptions;
}

/** ioredis's own, of which only these hold for the node of a cluster. */
type NodeOptions = NonNullable<ClusterOptions['redisOptions']>;

/**
 * Options under which a cluster client sends no command again that may have been executed. A command that was answered
 * with MOVED, ASK, TRYAGAIN or CLUSTERDOWN was not; it goes where it belongs, or is tried again, a few times. A command that was on its
 * way when its connection broke may have been: `retryDelayOnFailover`, by default, would send it a second time.
 */
export const clusterOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  // A replica may not know yet what its master has answered.
  scaleReads: 'master',
  // Few and soon: what outlives its caller's patience here may still be executed. The link tries for longer.
  maxRedirections: 5,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 50,
  retryDelayOnTryAgain: 50,
  // A node's connection that comes back by itself would send again what was on its way.
  clusterNodeRetryStrategy: null,
  clusterRetryStrategy: (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 1_000),
} as const satisfies ClusterOptions;

const nodeOptions = {
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  // reopenWhenSilent does better.
  socketTimeout: undefined,
  replyMapping: 'legacy',
} as const satisfies NodeOptions;

export function isClusterInput(input: object): input is ClusterInput {
  return 'cluster' in input;
}

/** Builds an unconnected cluster client of ours. */
export function createCluster(input: ClusterInput | Cluster, overrides: ClientOptions = {}): Cluster {
  if (input instanceof Cluster) {
    return whenReadyQueueing(input.duplicate([], withOurs(input.options, overrides)));
  }
  const nodes = input.cluster.map(readNode);
  const [first] = nodes;
  if (!first) throw new DefinitionError('redis: cluster needs at least one node');
  const given = { ...input.options, redisOptions: { ...first.access, ...input.options?.redisOptions } };
  const addresses = nodes.map(({ host, port }) => ({ host, port }));
  return whenReadyQueueing(new Cluster(addresses, withOurs(given, overrides)));
}

/** `host:port` of the nodes that were named, with commas. Never user or password. */
export function hostsOf(cluster: Cluster): string {
  const named: unknown = Reflect.get(cluster, 'startupNodes');
  return (Array.isArray(named) ? named : []).map(hostOfNode).join(',');
}

function withOurs(
  given: ClusterOptions,
  overrides: ClientOptions,
): ClusterOptions & { redisOptions: { replyMapping: 'legacy' } } {
  // Those of a single connection that a node's may not have.
  const { retryStrategy: _retry, enableOfflineQueue: _queue, lazyConnect: _lazy, ...forNodes } = overrides;
  return { ...given, ...clusterOptions, redisOptions: { ...given.redisOptions, ...nodeOptions, ...forNodes } };
}

/**
 * While the cluster is there, a command may wait for the connection to its node, which is opened at first use and has
 * `connectTimeout` to come up. While it is not, no command may wait at all: it would be sent whenever the cluster comes
 * back, long after its caller was told that it failed.
 */
function whenReadyQueueing(cluster: Cluster): Cluster {
  Object.defineProperty(cluster.options, 'enableOfflineQueue', { get: () => cluster.status === 'ready' });
  return cluster;
}

interface Node {
  readonly host: string;
  readonly port: number;
  readonly access: NodeOptions;
}

function readNode(node: ClusterNodeInput): Node {
  if (typeof node !== 'string') return { host: node.host, port: node.port, access: {} };
  const url = URL.parse(node);
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    throw new DefinitionError('redis: a node of a cluster is redis://host:port or rediss://host:port');
  }
  return { host: url.hostname, port: Number(url.port || 6_379), access: accessOf(url) };
}

function accessOf({ protocol, username, password }: URL): NodeOptions {
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function hostOfNode(node: unknown): string {
  if (typeof node === 'number') return `127.0.0.1:${node}`;
  if (typeof node === 'string') return URL.parse(node)?.host || node.replace(/^.*@/s, '');
  const { host, port } = node as { host?: string; port?: number | string };
  return `${host ?? '127.0.0.1'}:${port ?? 6_379}`;
}
