import type { Guardian } from './guardian.ts';
import type { LocalRedis, LocalRedisOptions } from './local-redis.ts';

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
  readonly env: NodeJS.ProcessEnv;
}
