import { createHash } from 'node:crypto';
import type { IRedisTransaction, RedisClient } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisUnsuitableError } from '../../job/errors/service-errors.ts'; // alone: the lease thread loads little
import { OLDEST_REDIS } from './script-flags.ts';

type Argument = string | number | Buffer;

/** A Lua script that is sent by its digest, and by its text only when the server does not know it yet. */
export class RedisScript {
  readonly #read: () => string;
  #text: string | undefined;
  #digest = '';
  #command = '';
  /** Clients of BullMQ's that have it as a command. They are proxies: to look there for each call costs more than all else here. */
  readonly #definedIn = new WeakSet<object>();

  /** @param read returns the text; called once, when the script is first run */
  constructor(read: () => string) {
    this.#read = read;
  }

  /**
   * Runs the script over a client of ours, or over one of BullMQ's, which may be a transaction.
   *
   * @throws RedisUnsuitableError when the server does not understand the script's first line
   */
  async run(
    client: Redis | RedisClient | IRedisTransaction,
    keys: readonly string[],
    args: readonly Argument[] = [],
  ): Promise<unknown> {
    const text = this.#load();
    const isBullmqs = this.#isBullmqs(client, text);
    try {
      if (isBullmqs) return await client.runCommand(this.#command, [keys.length, ...keys, ...args]);
      return await client.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (isBullmqs || !isUnknownScript(error)) throw unsuitable(error) ?? error;
      return await this.#runByText(client, text, keys, args);
    }
  }

  async #runByText(client: Redis, text: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    try {
      return await client.eval(text, keys.length, ...keys, ...args);
    } catch (error) {
      throw unsuitable(error) ?? error;
    }
  }

  /**
   * Whether it is a client of BullMQ's: then it has the script as a command from now on. In a transaction a call could not be
   * repeated with the text: ioredis loads the commands that it knows before it sends one.
   */
  #isBullmqs(client: Redis | RedisClient | IRedisTransaction, text: string): client is RedisClient | IRedisTransaction {
    if (this.#definedIn.has(client)) return true;
    if (!('runCommand' in client)) return false;
    // Without a number of keys, ioredis takes it from the first argument of each call.
    if (!(this.#command in client) && 'defineCommand' in client)
      (client as Pick<Redis, 'defineCommand'>).defineCommand(this.#command, { lua: text });
    this.#definedIn.add(client);
    return true;
  }

  #load(): string {
    if (this.#text !== undefined) return this.#text;
    this.#text = this.#read();
    this.#digest = createHash('sha1').update(this.#text).digest('hex');
    this.#command = `sluice:${this.#digest}`;
    return this.#text;
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** An older server takes the first line for Lua; another product may know it, but not all flags in it. */
function unsuitable(error: unknown): RedisUnsuitableError | undefined {
  if (!(error instanceof Error) || !/unexpected symbol near '#'|script shebang/.test(error.message)) return undefined;
  const message = `this Redis cannot run Sluice's scripts, so it is older than ${OLDEST_REDIS}, or not quite a Redis; use Redis ${OLDEST_REDIS} or later, or Valkey`;
  return new RedisUnsuitableError(message, { cause: error });
}
