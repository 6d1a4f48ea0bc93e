import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisLink } from '../redis/redis-link.ts';

const BLOCK_SECONDS = 1;
const LINGER_MS = 2_000;
const AFTER_ERROR_MS = 500;

/**
 * Waits at a list in Redis for word that there is room. Its connection is open only while somebody waits, and a little
 * longer. Word that is lost costs no more than the next look for room: what is wrong here is not reported, but tried again.
 */
export class WakeListener {
  readonly #openLink: () => RedisLink;
  readonly #key: string;
  readonly #onWake: () => void;
  readonly #stopping = new AbortController();
  #wantedUntil = 0;
  #waiting = false;
  #link: RedisLink | undefined;
  #loop: Promise<void> | undefined;

  constructor(openLink: () => RedisLink, key: string, onWake: () => void) {
    this.#openLink = openLink;
    this.#key = key;
    this.#onWake = onWake;
  }

  /** Says whether anybody waits. */
  listen(waiting: boolean): void {
    if (waiting || this.#waiting) this.#wantedUntil = performance.now() + LINGER_MS;
    this.#waiting = waiting;
    if (waiting && !this.#stopping.signal.aborted) this.#start();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#link?.close();
    await this.#loop;
  }

  get #isWanted(): boolean {
    return !this.#stopping.signal.aborted && (this.#waiting || performance.now() < this.#wantedUntil);
  }

  #start(): void {
    this.#loop ??= this.#listenWhileWanted().finally(() => {
      this.#loop = undefined;
      if (this.#waiting && this.#isWanted) this.#start();
    });
  }

  async #listenWhileWanted(): Promise<void> {
    const link = this.#openLink();
    this.#link = link;
    try {
      await link.connect();
      while (this.#isWanted) {
        if (await link.ask((client) => client.blpop(this.#key, BLOCK_SECONDS))) this.#onWake();
      }
    } catch {
      await sleep(AFTER_ERROR_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    } finally {
      await link.close();
    }
  }
}
