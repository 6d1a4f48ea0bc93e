import { adoptLocalRedis, type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { LocalRedisFailedError, UsageError } from '../../cli-errors.ts';
import { readRedisAddress, shownRedisServer } from '@sluice/queue/redis-address';

/** The Redis that a run works with. */
export interface RunRedis {
  readonly url: string;
  /**
   * Resolves when it has died since the last call of `available`, so that nothing put into it can be relied on to come
   * back by itself. Never for a Redis that is not ours.
   */
  readonly died: Promise<void>;
  /**
   * Resolves when it can be used again; at once for a Redis that is not ours.
   *
   * @throws LocalRedisFailedError when it died too often.
   */
  available(): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis that the user gave, and manages. */
export function givenRedis(url: string): RunRedis {
  return { url, died: new Promise(() => undefined), available: async () => undefined, stop: async () => undefined };
}

/** How often a run's own server is started again before the run gives up. */
const RESTARTS_MAX = 5;

export interface OwnRedisOptions {
  /** Data folder; null keeps everything in memory. */
  dir: string | null;
  /** Called for what takes long, and about restarts. */
  note: (line: string) => void;
}

/** A private server, started again at the same address when it dies. */
export class OwnRedis implements RunRedis {
  readonly #options: OwnRedisOptions;
  #server: LocalRedis;
  #died: PromiseWithResolvers<void> = Promise.withResolvers();
  #deaths = 0;
  #stopping = false;

  private constructor(options: OwnRedisOptions, server: LocalRedis) {
    this.#options = options;
    this.#server = server;
    this.#watch();
  }

  /** Takes over what an earlier run left running on the folder, or starts a server. */
  static async open(options: OwnRedisOptions): Promise<OwnRedis> {
    const left = options.dir === null ? null : await adoptLocalRedis(options.dir);
    return new OwnRedis(options, left ?? (await start(options)));
  }

  get url(): string {
    return this.#server.url;
  }

  get died(): Promise<void> {
    return this.#died.promise;
  }

  async available(): Promise<void> {
    if (this.#deaths === 0 || !this.#hasDied) return;
    if (this.#deaths > RESTARTS_MAX) throw new LocalRedisFailedError(this.#deaths);
    this.#options.note('the private Redis died; starting it again');
    this.#server = await start(this.#options, this.#server.url);
    this.#hasDied = false;
    this.#died = Promise.withResolvers();
    this.#watch();
  }
  #hasDied = false;

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#server.stop();
  }

  #watch(): void {
    void this.#server.exited.then(() => {
      if (this.#stopping) return;
      this.#deaths += 1;
      this.#hasDied = true;
      this.#died.resolve();
    });
  }
}

function start({ dir, note }: OwnRedisOptions, url?: string): Promise<LocalRedis> {
  return startLocalRedis({ ...(dir !== null && { dir }), ...(url !== undefined && { url }), onProgress: note });
}

/**
 * Host, port and database of an address of Redis, without user name and password: fit to be stored and shown.
 *
 * @throws UsageError when it is none. The message repeats nothing of it: it may hold a password.
 */
export function redisAddressOf(redisUrl: string): string {
  const { servers, problem } = readRedisAddress(redisUrl);
  if (servers === undefined) throw new UsageError(`--redis ${problem}`);
  return servers.map(shownRedisServer).join(',');
}
