/** A Redis server of our own on this machine. It ends with `stop()`, or within seconds of the death of the process that started it. */
export interface LocalRedis extends AsyncDisposable {
  /** `unix:///tmp/…/redis.sock` or `redis://127.0.0.1:<port>`. */
  readonly url: string;
  /** The server's own process; null when it runs in a container. */
  readonly pid: number | null;
  /** Where the server program came from. */
  readonly source: 'path' | 'debian' | 'docker';
  /** Resolves when the server has ended, for whatever reason, and its temporary files are gone. Never rejects. */
  readonly exited: Promise<void>;
  /** Ends the server (politely; by force after three seconds). Safe to call twice, and after it has ended by itself. */
  stop(): Promise<void>;
}

/**
 * Settings by their names in redis.conf. A text is one argument, whatever it holds: blanks, quotes, a path. A list is several,
 * as in `{ replicaof: ['127.0.0.1', '6379'] }`.
 */
export type RedisSettings = Readonly<Record<string, string | readonly string[]>>;

export interface LocalRedisOptions {
  /**
   * Keep the data in this folder, in an append-only file that is synced every second; a server started on the same folder
   * later has it again. One server at a time: see {@link LocalRedisInUseError}. Absent: memory only.
   */
  readonly dir?: string;
  /** Further settings; they win over the defaults (`maxmemory-policy noeviction`, no snapshots). */
  readonly config?: RedisSettings;
  /** `unix` (the default): a socket in a folder that only this user may enter. `tcp`: a free port of 127.0.0.1. A container always uses tcp. */
  readonly listen?: 'unix' | 'tcp';
  /** Listen exactly where an earlier server did, so that its clients find this one. Wins over `listen`. Not for containers. */
  readonly url?: string;
  /** Called for each step that may take a while: fetching packages, pulling an image. */
  readonly onProgress?: (line: string) => void;
}
