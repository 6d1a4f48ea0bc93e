import { apiKeyIdOf, type ApiKeys, isApiKey, isValidApiKey, type StoredApiKey } from '@sluice/queue';
import type { Logger } from '@sluice/queue/logging';

/** How soon a key that was made or revoked is known here. */
const READ_EVERY_MS = 2_000;

/**
 * All API keys in memory, read again every 2 s where one has changed: a request asks Redis for nothing, and what strangers send costs it
 * nothing. While Redis is away, the keys that were read last are good.
 */
export class KeyRing {
  readonly #apiKeys: Pick<ApiKeys, 'read'>;
  readonly #log: Logger;
  #keys: ReadonlyMap<string, StoredApiKey> = new Map();
  #version: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isLost = false;

  private constructor(apiKeys: Pick<ApiKeys, 'read'>, log: Logger) {
    this.#apiKeys = apiKeys;
    this.#log = log;
  }

  /** @throws RedisUnavailableError when Redis does not answer */
  static async open(apiKeys: Pick<ApiKeys, 'read'>, log: Logger, everyMs = READ_EVERY_MS): Promise<KeyRing> {
    const ring = new KeyRing(apiKeys, log);
    await ring.#read();
    ring.#timer = setInterval(() => void ring.#readAgain(), everyMs);
    ring.#timer.unref();
    return ring;
  }

  /** Whether nobody has made a key yet. One that is revoked or has expired counts: nothing is open to all again. */
  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** The key that this text is, if it is good. */
  find(text: string, nowMs = Date.now()): StoredApiKey | undefined {
    const key = this.#keys.get(apiKeyIdOf(text) ?? '');
    return key && isApiKey(text, key) && isValidApiKey(key, nowMs) ? key : undefined;
  }

  /** Reads no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #readAgain(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      await this.#read();
      this.#isLost = false;
    } catch (error) {
      if (!this.#isLost) this.#log.warn({ err: error }, 'API keys cannot be read: those read last are good until then');
      this.#isLost = true;
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<void> {
    const read = await this.#apiKeys.read(this.#version);
    if (!read) return;
    this.#version = read.version;
    this.#keys = new Map(read.keys.map((key) => [key.id, key]));
  }
}
