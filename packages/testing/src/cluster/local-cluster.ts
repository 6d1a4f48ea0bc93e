import type { RedisSettings } from '@sluice/local-redis';
import { Cluster, type RedisOptions } from 'ioredis';
import { ClusterNode } from './cluster-node.ts';
import { formCluster } from './form-cluster.ts';

export interface LocalClusterOptions {
  /**
   * How many masters. Three are the fewest that can agree on a failover.
   *
   * @default 3
   */
  masters?: number;
  /**
   * Replicas of each master.
   *
   * @default 1
   */
  replicas?: number;
  /**
   * After how many milliseconds a node that does not answer counts as failed; a failover follows soon after.
   *
   * @default 1_000
   */
  nodeTimeoutMs?: number;
  /**
   * Settings of redis.conf for every node.
   *
   * @default none
   */
  config?: RedisSettings;
}

/**
 * How a replica takes over. `graceful`: the master holds its clients until the replica has everything; nothing is lost.
 * `force`: as when the master does not answer, with the other masters' consent. `takeover`: without it.
 */
export type FailoverHow = 'graceful' | 'force' | 'takeover';

/** A Redis Cluster of local processes for tests. Disposing of it ends all of them. */
export class LocalCluster implements AsyncDisposable {
  /** All nodes, killed ones included. */
  readonly nodes: readonly ClusterNode[];
  /** `redis://127.0.0.1:<port>` of every node, with commas: what `connectProducer` takes. */
  readonly url: string;
  readonly #clients: Cluster[] = [];
  #stopped: Promise<void> | null = null;

  constructor(nodes: readonly ClusterNode[]) {
    this.nodes = nodes;
    this.url = nodes.map(({ url }) => url).join(',');
  }

  /** A connected cluster client with ioredis's defaults and these options for its nodes. It ends with the cluster. */
  async client(forNodes: RedisOptions = {}): Promise<Cluster> {
    const client = openCluster(this.url, forNodes);
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** The master that holds a key, as one node knows it. */
  async masterOf(key: string): Promise<ClusterNode> {
    const [master] = await this.#shardOf(key, this.#living()[0]);
    if (!master) throw new Error(`no node holds ${key}`);
    return master;
  }

  /** The replicas of the master that holds a key, as one node knows them. */
  async replicasOf(key: string): Promise<ClusterNode[]> {
    return (await this.#shardOf(key, this.#living()[0])).slice(1);
  }

  /** Makes a replica of the key's master the master. Resolves when every node knows. */
  async failover(key: string, how: FailoverHow = 'graceful'): Promise<{ from: ClusterNode; to: ClusterNode }> {
    const [from, [to]] = [await this.masterOf(key), await this.replicasOf(key)];
    if (!to) throw new Error(`the master of ${key} has no replica`);
    await to.cluster('FAILOVER', ...(how === 'graceful' ? [] : [how.toUpperCase()]));
    await this.untilMasterIsNot(key, from);
    return { from, to };
  }

  /** Begins to move the slot of a key to another master, as resharding does. `finish` moves the keys and ends it. */
  async beginMove(key: string): Promise<{ to: ClusterNode; finish(): Promise<void> }> {
    const from = await this.masterOf(key);
    const to = await this.#otherMaster(from);
    const slot = String(await from.cluster('KEYSLOT', key));
    await to.cluster('SETSLOT', slot, 'IMPORTING', from.id);
    await from.cluster('SETSLOT', slot, 'MIGRATING', to.id);
    const finish = async (): Promise<void> => {
      await from.migrate((await from.cluster('GETKEYSINSLOT', slot, '100000')) as string[], to.port);
      for (const node of [to, from]) await node.cluster('SETSLOT', slot, 'NODE', to.id);
    };
    return { to, finish };
  }

  /** Kills the master that holds a key, as kill -9 does. A replica takes over by itself after the node timeout. */
  async killMaster(key: string): Promise<ClusterNode> {
    const master = await this.masterOf(key);
    await master.kill();
    return master;
  }

  /** Resolves when every node that answers says that another one is the key's master. */
  async untilMasterIsNot(key: string, former: ClusterNode, withinMs = 15_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const shards = await Promise.all(this.#living().map((node) => this.#shardOf(key, node)));
      if (shards.every(([master]) => master && master !== former)) return;
      if (performance.now() > deadline) throw new Error(`no replica took over within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends all nodes. Again is harmless. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #otherMaster(master: ClusterNode): Promise<ClusterNode> {
    for (const node of this.#living()) {
      if (node !== master && (await node.info('replication')).get('role') === 'master') return node;
    }
    throw new Error('the cluster has no other master');
  }

  #living(): ClusterNode[] {
    const living = this.nodes.filter((node) => node.answers);
    if (living.length === 0) throw new Error('no node of the cluster answers');
    return living;
  }

  /** Master first, then its replicas. Not by CLUSTER SLOTS, which is silent about replicas that were sent nothing yet. */
  async #shardOf(key: string, asked: ClusterNode | undefined): Promise<ClusterNode[]> {
    const slot = Number(await asked?.cluster('KEYSLOT', key));
    const known = String(await asked?.cluster('NODES'))
      .trim()
      .split('\n')
      .map(readNode)
      .filter(({ isGone }) => !isGone);
    const master = known.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to));
    const replicas = known.filter((node) => master && node.masterId === master.id);
    return [...(master ? [master] : []), ...replicas].flatMap(({ id }) => this.nodes.filter((node) => node.id === id));
  }
}

interface KnownNode {
  id: string;
  isGone: boolean;
  masterId: string;
  slots: [number, number][];
}

/** A line of CLUSTER NODES. */
function readNode(line: string): KnownNode {
  const [id = '', , flags = '', masterId = '', , , , , ...ranges] = line.split(' ');
  const slots = ranges
    .filter((range) => /^\d/.test(range)) // the others are slots on the move
    .map((range): [number, number] => {
      const [from = '', to = from] = range.split('-');
      return [Number(from), Number(to)];
    });
  return { id, isGone: /\bfail\b/.test(flags), masterId, slots };
}

/** Starts a cluster of local servers and waits until every node says that it is whole. */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const { masters = 3, replicas = 1, nodeTimeoutMs = 1_000, config = {} } = options;
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': String(nodeTimeoutMs),
    // A replica may take over after any time without its master, because tests freeze and kill nodes at any time.
    'cluster-replica-validity-factor': '0',
    'repl-diskless-sync-delay': '0',
    ...config,
  };
  const starts = await Promise.allSettled(
    Array.from({ length: masters * (1 + replicas) }, () => ClusterNode.start(settings)),
  );
  const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const cluster = new LocalCluster(nodes);
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    await formCluster(nodes, masters);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** An unconnected client to the cluster whose nodes these are. */
export function openCluster(url: string, forNodes: RedisOptions = {}): Cluster {
  const nodes = url.split(',').map((node) => new URL(node));
  // Those of a single connection that a node's may not have.
  const { retryStrategy: _retry, lazyConnect: _lazy, enableOfflineQueue: _queue, ...rest } = forNodes;
  const client = new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port) })),
    { lazyConnect: true, redisOptions: { ...rest, replyMapping: 'legacy' } },
  );
  client.on('error', () => undefined); // its commands reject instead
  return client;
}
