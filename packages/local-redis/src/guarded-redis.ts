import type { LaunchedServer } from './launched-server.ts';
import type { LocalRedis } from './local-redis.ts';
import { type Claim, endClaim } from './server-record.ts';

/** A server with its guardian, as the caller sees it. */
export class GuardedRedis implements LocalRedis {
  readonly url: string;
  readonly pid: number | null;
  readonly source: LocalRedis['source'];
  readonly exited: Promise<void>;
  readonly #release: () => void;

  /** `claim`: on the server's data folder; given up when the server has ended. */
  constructor({ url, pid, source, guardian }: LaunchedServer, claim: Claim | null) {
    this.url = url;
    this.pid = pid;
    this.source = source;
    this.exited = guardian.ended.then(() => (claim === null ? undefined : endClaim(claim)));
    this.#release = () => guardian.release();
  }

  async stop(): Promise<void> {
    this.#release();
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
