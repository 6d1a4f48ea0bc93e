import type { FolderLease } from './folder-lease.ts';
import type { LaunchedServer, LocalRedis } from './local-redis.ts';
import { recordEnd } from './server-record.ts';

/** A server with its guardian, as the caller sees it. */
export class GuardedRedis implements LocalRedis {
  readonly url: string;
  readonly pid: number | null;
  readonly source: LocalRedis['source'];
  readonly exited: Promise<void>;
  readonly #release: () => void;

  /**
   * @param lease on the server's data folder; given up when the server has ended. A server whose folder is lost is ended.
   * @param recorded when it is settled, the server's start is on record: a server that ends at once must not be recorded later
   */
  constructor(
    { url, pid, source, guardian }: LaunchedServer,
    lease: FolderLease | null,
    recorded: Promise<void> = Promise.resolve(),
  ) {
    this.url = url;
    this.pid = pid;
    this.source = source;
    this.exited = Promise.all([guardian.ended, recorded.catch(() => undefined)]).then(() =>
      lease === null ? undefined : giveUp(lease),
    );
    this.#release = () => guardian.release();
    lease?.lost.catch(this.#release);
  }

  async stop(): Promise<void> {
    this.#release();
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function giveUp(lease: FolderLease): Promise<void> {
  const isOurs = await lease.confirm().then(
    () => true,
    () => false,
  );
  if (isOurs) await recordEnd(lease.dir);
  await lease.end();
}
