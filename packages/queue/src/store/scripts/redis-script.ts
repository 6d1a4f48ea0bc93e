import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script that is sent by its digest, and by its text only when the server does not know it yet. */
export class RedisScript {
  readonly #read: () => string;
  #text: string | undefined;
  #digest = '';

  /** @param read gives the text; called once, when the script is first run */
  constructor(read: () => string) {
    this.#read = read;
  }

  async run(client: Redis, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const text = this.#load();
    try {
      return await client.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(text, keys.length, ...keys, ...args);
    }
  }

  #load(): string {
    if (this.#text !== undefined) return this.#text;
    this.#text = this.#read();
    this.#digest = createHash('sha1').update(this.#text).digest('hex');
    return this.#text;
  }
}
