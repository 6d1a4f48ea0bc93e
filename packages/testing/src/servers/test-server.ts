import type { RedisSettings } from '@sluice/local-redis';
import type { Redis, RedisOptions } from 'ioredis';

export interface TestServerOptions {
  /**
   * Whether the data survives a restart, in an append-only file. It has every answered write, also after kill -9.
   * Without it a restarted server is empty.
   *
   * @default true
   */
  persistent?: boolean;
  /**
   * Settings of redis.conf, such as `{ maxmemory: '10mb' }`. They override the defaults of this package.
   *
   * @default none
   */
  config?: RedisSettings;
  /**
   * A unix socket, or a free port of 127.0.0.1, for clients that need a host and a port. A container always has a port.
   *
   * @default 'unix'
   */
  listen?: 'unix' | 'tcp';
}

/** How a server ends: `graceful` as SIGTERM does, `kill` as kill -9 does. */
export type HaltHow = 'graceful' | 'kill';

/** A Redis for tests. Disposing of it ends the server and deletes its data. */
export interface TestServer extends AsyncDisposable {
  /** `unix:///…/redis.sock` or `redis://host:port`; several of them with commas for a cluster. The same over restarts. */
  readonly url: string;
  /** The URL of each process: one, except for a cluster. */
  readonly nodeUrls: readonly string[];
  /** A process of this machine, a Testcontainers container, or a cluster of processes of this machine. */
  readonly kind: 'local' | 'container' | 'cluster';
  /** The folder that holds `appendonlydir`, readable while the server runs; null when there is none on this machine. */
  readonly dataDir: string | null;
  /** False after `halt` and `stop`. */
  readonly running: boolean;
  /** A connected client, which the caller closes. Clients that are left open are disconnected when the server ends. */
  client(options?: RedisOptions): Promise<Redis>;
  /** Freezes the server: connections stay open, nothing is answered. Again is harmless. */
  suspend(): Promise<void>;
  /** Ends `suspend`. */
  resume(): Promise<void>;
  /** Ends the server's process and keeps its data. Its address refuses connections until `start`. */
  halt(how?: HaltHow): Promise<void>;
  /** Ends `halt`: the same address again, and the same data when it is persistent. Resolves when it answers. */
  start(): Promise<void>;
  /** Ends the server and deletes its data. Again is harmless. */
  stop(): Promise<void>;
}
