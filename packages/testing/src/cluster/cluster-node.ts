import { createServer } from 'node:net';
import { type LocalRedis, type RedisSettings, startLocalRedis } from '@sluice/local-redis';
import type { Redis } from 'ioredis';
import { connectClient, untilAnswering } from '../servers/connect-client.ts';

/** The distance between a node's port and its cluster bus port, as in Redis before 7. */
const BUS_OFFSET = 10_000;

/** One redis-server of a cluster on this machine. */
export class ClusterNode {
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** Where it listens for clients. */
  readonly port: number;
  /** Its node id in the cluster. */
  readonly id: string;
  readonly #server: LocalRedis;
  readonly #asker: Redis;
  #state: 'running' | 'suspended' | 'dead' = 'running';

  private constructor(server: LocalRedis, asker: Redis, id: string) {
    this.url = server.url;
    this.port = Number(new URL(server.url).port);
    this.id = id;
    this.#server = server;
    this.#asker = asker;
  }

  /** Starts a server that knows no other node yet, on a free port. */
  static async start(config: RedisSettings): Promise<ClusterNode> {
    const server = await startLocalRedis({ url: `redis://127.0.0.1:${await findFreePort()}`, config });
    try {
      if (server.pid === null) throw new Error('a test cluster needs a redis-server of this machine, not a container');
      await untilAnswering(server.url);
      const asker = await connectClient(server.url, { connectionName: 'test-cluster', retryStrategy: () => null });
      return new ClusterNode(server, asker, String(await asker.cluster('MYID')));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Whether it answers; false after it was killed or frozen. */
  get answers(): boolean {
    return this.#state === 'running';
  }

  /** Sends a CLUSTER command to this node. */
  cluster(...args: string[]): Promise<unknown> {
    return this.#asker.call('CLUSTER', ...args);
  }

  /** The lines of an INFO section, by name. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    return readLines(await this.#asker.info(section));
  }

  /** What this node thinks of the cluster. */
  async clusterInfo(): Promise<ReadonlyMap<string, string>> {
    return readLines(String(await this.cluster('INFO')));
  }

  /** How many replicas have all writes of this master until now, including a new value of this key. Waits a second at most. */
  async replicasWith(key: string): Promise<number> {
    // WAIT counts the writes of its own connection. This write comes after all that were answered before.
    await this.#asker.set(key, 'written');
    return this.#asker.wait(1, 1_000);
  }

  /** Moves keys to the node at this port. */
  async migrate(keys: readonly string[], port: number): Promise<void> {
    if (keys.length > 0) await this.#asker.call('MIGRATE', '127.0.0.1', String(port), '', '0', '5000', 'KEYS', ...keys);
  }

  /** Cuts the connections of this master's replicas. Running replicas reconnect at once. */
  async cutReplicas(): Promise<void> {
    await this.#asker.call('CLIENT', 'KILL', 'TYPE', 'replica');
  }

  /** Ends the process as kill -9 does. The node does not come back. */
  async kill(): Promise<void> {
    this.#state = 'dead';
    process.kill(this.#pid, 'SIGKILL');
    await this.#server.exited;
  }

  /** Freezes the process: connections stay open, nothing is answered. */
  suspend(): void {
    this.#state = 'suspended';
    process.kill(this.#pid, 'SIGSTOP');
  }

  /** Ends `suspend`. */
  resume(): void {
    process.kill(this.#pid, 'SIGCONT');
    this.#state = 'running';
  }

  /** Ends the process, whatever state it is in. Again is harmless. */
  async stop(): Promise<void> {
    this.#asker.disconnect();
    this.#state = 'dead';
    // A frozen process gets no other signal, and there is no data to save.
    try {
      process.kill(this.#pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await this.#server.stop();
  }

  get #pid(): number {
    if (this.#server.pid === null) throw new Error('the node runs in a container');
    return this.#server.pid;
  }
}

function readLines(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** A port that is free, and free for the bus too. Below those that the system gives to outgoing connections. */
/** A port of this machine that is free, as is the one of a cluster node’s bus. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
