import { Cluster, type ClusterNode, type ClusterOptions, type Redis } from 'ioredis';
import { DefinitionError } from '../../job/errors/index.ts';
import { readRedisAddress, type RedisServer } from './read-redis-address.ts';
import { clusterTable, nodeTable, type ClientOptions } from './options/client-options.ts';
import { type Options, ourOptions, takeOptions } from './options/take-options.ts';

/** A node of a Redis Cluster: `redis://` or `rediss://` with a port, or host and port. */
export type ClusterNodeInput = string | { readonly host: string; readonly port: number };

/** A Redis Cluster by some of its nodes. The others are found by asking these. */
export interface ClusterInput {
  /** At least one; all that are known, so that the cluster is found whichever of them is away. */
  readonly cluster: readonly ClusterNodeInput[];
  /**
   * ioredis's ClusterOptions. User, password and TLS of all nodes go into `options.redisOptions`; those of the first URL
   * are taken when nothing is there. docs/operations.md says what becomes of each of them.
   */
  readonly options?: ClusterOptions;
}

/** ioredis's own, of which only these hold for the node of a cluster. */
type NodeOptions = NonNullable<ClusterOptions['redisOptions']>;

export function isClusterInput(input: object): input is ClusterInput {
  return Object.hasOwn(input, 'cluster');
}

/** The nodes of an address. User, password and TLS of the first hold for all. */
export function clusterInputOf([first, ...rest]: readonly [RedisServer, ...RedisServer[]]): ClusterInput {
  const nodes = [first, ...rest].map(({ host = '', port = 6_379 }) => ({ host, port }));
  return { cluster: nodes, options: { redisOptions: accessOf(first) } };
}

/** A cluster to connect to: its nodes, and those options that are taken over. */
export interface TakenCluster {
  readonly nodes: readonly ClusterNode[];
  readonly options: Options;
}

/** @throws DefinitionError when it names no node, or has an option that cannot be used */
export function takeCluster(input: ClusterInput | Cluster): TakenCluster {
  if (input instanceof Cluster) return takeClient(input);
  if (!Array.isArray(input.cluster)) throw new DefinitionError('redis.cluster must be a list of nodes');
  const nodes = input.cluster.map(readNode);
  const [first] = nodes;
  if (!first) throw new DefinitionError('redis: cluster needs at least one node');
  for (const key of Object.keys(input)) {
    if (key !== 'cluster' && key !== 'options') {
      throw new DefinitionError(`redis.${key} is unknown: options of a cluster go into redis.options`);
    }
  }
  const redisOptions = { ...first.access, ...input.options?.redisOptions };
  const given = { ...(redisOptions.tls ? { dnsLookup: leaveToTls } : {}), ...defined(input.options), redisOptions };
  return {
    nodes: nodes.map(({ host, port }) => ({ host, port })),
    options: takeOptions(clusterTable, given, { where: 'redis.options' }),
  };
}

/** Builds an unconnected cluster client of ours. */
export function createCluster(input: ClusterInput | Cluster, overrides: ClientOptions = {}): Cluster {
  const { nodes, options } = takeCluster(input);
  // Those of a single connection that a node's may not have.
  const { retryStrategy: _retry, enableOfflineQueue: _queue, lazyConnect: _lazy, ...forNodes } = overrides;
  const redisOptions = {
    disableClientInfo: true,
    ...(options['redisOptions'] as NodeOptions | undefined),
    ...ourOptions(nodeTable),
    ...forNodes,
    replyMapping: 'legacy',
  } as const;
  return whenReadyQueueing(
    tellingFaults(new Cluster([...nodes], { ...options, ...ourOptions(clusterTable), redisOptions })),
  );
}

/** A node is asked about the cluster on a copy of its connection, of whose faults ioredis says only that it is closed. */
function tellingFaults(cluster: Cluster): Cluster {
  cluster.on('+node', (node: Redis) => {
    const duplicate = node.duplicate.bind(node);
    node.duplicate = (override) => {
      const copy = duplicate(override);
      copy.on('error', (error) => cluster.emit('node error', error, `${node.options.host}:${node.options.port}`));
      return copy;
    };
  });
  return cluster;
}

/** `host:port` of the nodes that were named, with commas. Never user or password. */
export function hostsOf(cluster: Cluster): string {
  return startupNodes(cluster).map(hostOfNode).join(',');
}

function takeClient(client: Cluster): TakenCluster {
  const nodes = startupNodes(client).map((node) =>
    typeof node === 'object' && node !== null ? takeNode(node) : (node as ClusterNode),
  );
  const { redisOptions = {}, ...options } = client.options;
  const { disableClientInfo: _default, ...ofNodes } = redisOptions;
  const given = { ...options, redisOptions: ofNodes };
  return { nodes, options: takeOptions(clusterTable, given, { where: 'redis.options', ofClient: true }) };
}

/** The node of a caller's client may have options of its own, which come before those of all nodes. */
function takeNode(node: object): ClusterNode {
  const { host, port } = node as { host?: string; port?: number };
  return { ...takeOptions(nodeTable, node, { where: 'redis.nodes', ofClient: true }), host, port } as ClusterNode;
}

function startupNodes(cluster: Cluster): unknown[] {
  const named: unknown = Reflect.get(cluster, 'startupNodes');
  return Array.isArray(named) ? named : [];
}

/** Names are looked up by TLS, which checks the certificate against them, and not before: an address is in no certificate. */
function leaveToTls(host: string, callback: (error: null, address: string) => void): void {
  callback(null, host);
}

function defined(options: object = {}): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * While the cluster is there, a command may wait for the connection to its node, which is opened at first use and has
 * `connectTimeout` to come up. While it is not, no command may wait at all: it would be sent whenever the cluster comes
 * back, long after it was reported as failed.
 */
function whenReadyQueueing(cluster: Cluster): Cluster {
  Object.defineProperty(cluster.options, 'enableOfflineQueue', { get: () => cluster.status === 'ready' });
  return cluster;
}

const NODE_FORM = 'redis: a node of a cluster is redis://host:port, rediss://host:port or { host, port }';

interface Node {
  readonly host: string;
  readonly port: number;
  readonly access: NodeOptions;
}

function readNode(node: ClusterNodeInput): Node {
  if (typeof node !== 'string') return { ...hostAndPort(node), access: {} };
  const { servers, problem } = readRedisAddress(node);
  if (servers === undefined) throw new DefinitionError(`redis: the address of a node ${problem}`);
  const [server, another] = servers;
  const { host, port = 6_379, db = 0 } = server;
  if (another !== undefined || host === undefined || db !== 0) {
    throw new DefinitionError(NODE_FORM);
  }
  return { host, port, access: accessOf(server) };
}

function hostAndPort(node: Exclude<ClusterNodeInput, string>): Pick<Node, 'host' | 'port'> {
  const { host, port = 6_379 } = (node as Partial<typeof node> | null | undefined) ?? {};
  if (typeof host !== 'string' || host === '') throw new DefinitionError(NODE_FORM);
  return { host, port };
}

function accessOf({ username, password, tls, family }: RedisServer): NodeOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    ...(family === undefined ? {} : { family }),
  };
}

function hostOfNode(node: unknown): string {
  if (typeof node === 'number') return `127.0.0.1:${node}`;
  if (typeof node === 'string') return URL.parse(node)?.host || node.replace(/^.*@/s, '');
  const { host, port } = node as { host?: string; port?: number | string };
  return `${host ?? '127.0.0.1'}:${port ?? 6_379}`;
}
