import type { Guardian } from './guardian.ts';

/** A private Redis server on this machine. It ends with `stop()`, or within seconds after the process that started it has ended. */
export interface LocalRedis extends AsyncDisposable {
  /** `unix:///tmp/…/redis.sock` or `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** The server's own process; null when it runs in a container. */
  readonly pid: number | null;
  /** Where the server program came from. */
  readonly source: 'path' | 'debian' | 'docker';
  /** Resolves when the server has ended, for whatever reason, and its temporary files are gone. Never rejects. */
  readonly exited: Promise<void>;
  /** Ends the server: with SIGTERM, and by force after three seconds. Safe to call twice, and after it has ended by itself. */
  stop(): Promise<void>;
}

/**
 * Settings by their names in redis.conf. A text is one argument, whatever it holds: blanks, quotes, a path. A list is several,
 * as in `{ replicaof: ['127.0.0.1', '6379'] }`.
 */
export type RedisSettings = Readonly<Record<string, string | readonly string[]>>;

export interface LocalRedisOptions {
  /**
   * Keeps the data in this folder, in an append-only file that is synced every second. A server that is started on the same
   * folder later has it again. One server at a time: see {@link LocalRedisInUseError}.
   *
   * @default memory only
   */
  readonly dir?: string;
  /**
   * Settings of redis.conf. They override the defaults of this package (`maxmemory-policy noeviction`, no snapshots).
   *
   * @default none
   */
  readonly config?: RedisSettings;
  /**
   * `unix`: a socket in a folder that only this user may enter. `tcp`: a free port of 127.0.0.1. A container always uses tcp.
   *
   * @default 'unix'
   */
  readonly listen?: 'unix' | 'tcp';
  /**
   * The `url` of an earlier server, so that its clients find this one. Overrides `listen`. Not for containers.
   *
   * @default a new address
   */
  readonly url?: string;
  /**
   * The server program to run, such as `/usr/bin/valkey-server`: Redis or Valkey, 7.0 or later. No other one is looked for.
   *
   * @default the first way that works: on PATH, from Debian's packages, in a container
   */
  readonly program?: string;
  /**
   * Called for each step that may take a while, such as fetching packages or pulling an image.
   *
   * @default nothing
   */
  readonly onProgress?: (line: string) => void;
}

/** A server that was started, or found running, and the guardian that will end it. It may not answer yet. */
export interface LaunchedServer {
  readonly guardian: Guardian;
  readonly url: string;
  /** The server's process; null in a container. */
  readonly pid: number | null;
  readonly source: LocalRedis['source'];
  /** The folder of its socket and settings, removed by the guardian. */
  readonly folder: string;
  /** What the guardian runs after the server's end; empty for nothing. */
  readonly last: string;
}

/** What a server is started with: the caller's options, and the environment for its process. */
export interface LaunchOptions extends LocalRedisOptions {
  /** The environment of the server's process. */
  readonly env: NodeJS.ProcessEnv;
}
