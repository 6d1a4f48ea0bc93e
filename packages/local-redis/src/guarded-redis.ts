import type { LaunchedServer } from './launched-server.ts';
import type { LocalRedis } from './local-redis.ts';
import { removeServerRecord } from './server-record.ts';

/** A server with its guardian, as the caller sees it. */
export class GuardedRedis implements LocalRedis {
  readonly url: string;
  readonly pid: number | null;
  readonly source: LocalRedis['source'];
  readonly exited: Promise<void>;
  readonly #release: () => void;

  /** `dir`: the data folder, whose record goes when the server has ended. */
  constructor({ url, pid, source, guardian }: LaunchedServer, dir: string | undefined) {
    this.url = url;
    this.pid = pid;
    this.source = source;
    this.exited = guardian.ended.then(() => (dir === undefined ? undefined : removeServerRecord(dir)));
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
