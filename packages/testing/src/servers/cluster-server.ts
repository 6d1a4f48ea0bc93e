import type { Redis, RedisOptions } from 'ioredis';
import { type LocalCluster, openCluster, startLocalCluster } from '../cluster/local-cluster.ts';
import { clientOfAllMasters } from './client-of-all-masters.ts';
import type { TestServer, TestServerOptions } from './test-server.ts';

/** Starts a cluster of three local masters without replicas, for tests that expect a server. Memory only. */
export async function startClusterServer({ config = {} }: TestServerOptions = {}): Promise<TestServer> {
  return new ClusterServer(await startLocalCluster({ replicas: 0, config }));
}

class ClusterServer implements TestServer {
  readonly kind = 'cluster';
  readonly url: string;
  readonly nodeUrls: readonly string[];
  readonly dataDir = null;
  readonly #cluster: LocalCluster;
  #running = true;

  constructor(cluster: LocalCluster) {
    this.url = cluster.url;
    this.nodeUrls = cluster.nodes.map(({ url }) => url);
    this.#cluster = cluster;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Knows the same commands as a client of one server; those without a key go to every node. */
  async client(options?: RedisOptions): Promise<Redis> {
    const client = openCluster(this.url, options);
    await client.connect();
    return clientOfAllMasters(client);
  }

  async suspend(): Promise<void> {
    for (const node of this.#cluster.nodes) node.suspend();
  }

  async resume(): Promise<void> {
    for (const node of this.#cluster.nodes) node.resume();
  }

  halt(): Promise<void> {
    return Promise.reject(new Error('a cluster of tests keeps no data: it cannot be restarted'));
  }

  start(): Promise<void> {
    return this.#running ? Promise.resolve() : this.halt();
  }

  stop(): Promise<void> {
    this.#running = false;
    return this.#cluster.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
