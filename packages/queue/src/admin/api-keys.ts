import { isName, nameOption } from '../job/contracts/name.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { type ApiKey, type ApiKeyVerb, apiKeyVerbs, newApiKey, type StoredApiKey } from '../store/api-keys/api-key.ts';
import {
  API_KEYS_MAX,
  apiKeysKey,
  makePlace,
  type ReadApiKeys,
  readApiKeys,
  writeApiKey,
} from '../store/api-keys/stored-api-keys.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';

/** What {@link ApiKeys.add} takes. */
export interface AddApiKeyOptions {
  /** Whose key it is: 1 to 100 of `A-Z a-z 0-9 . _ -`. */
  client: string;
  /** What it may do, at least one of `put`, `read`, `operate`, `admin`. */
  verbs: readonly ApiKeyVerb[];
  /**
   * The names of the queues that it may do it with, at most 100.
   *
   * @default `['*']`: all of them
   */
  queues?: readonly string[];
  /**
   * From when on it is refused, in milliseconds since 1970.
   *
   * @default never
   */
  expiresAt?: number;
  /**
   * The most requests a second that one process takes of it, 1 to 1,000,000.
   *
   * @default no limit
   */
  perSecond?: number;
}

const QUEUES_MAX = 100;

const addRules = {
  client: optionRule.required(nameOption),
  verbs: optionRule.required({
    must: `be a list of ${apiKeyVerbs.join(', ')}`,
    holds: (value) => isFilled(value) && value.every((verb) => apiKeyVerbs.some((known) => known === verb)),
  }),
  queues: {
    must: `be a list of at most ${QUEUES_MAX} names of queues, or ['*'] for all`,
    holds: (value) =>
      isFilled(value) && value.length <= QUEUES_MAX && value.every((name) => name === '*' || isName(name)),
  },
  expiresAt: optionRule.wholeNumber(1),
  perSecond: optionRule.wholeNumber(1, 1_000_000),
} satisfies OptionRules<AddApiKeyOptions>;

export interface ApiKeysDeps {
  readonly prefix: string;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/**
 * The API keys of the HTTP service for the queues of one Redis under one prefix: who may do what with which of them. Redis has a digest
 * of each, never the key. `queues.apiKeys`.
 */
export class ApiKeys {
  readonly #hash: string;
  readonly #call: ApiKeysDeps['call'];

  constructor({ prefix, call }: ApiKeysDeps) {
    this.#hash = apiKeysKey(prefix);
    this.#call = call;
  }

  /**
   * Makes a key. It is in the answer and nowhere else: what is lost cannot be read again.
   *
   * ```ts
   * const { id, key } = await queues.apiKeys.add({ client: 'shop', verbs: ['put', 'read'], queues: ['emails'] });
   * ```
   *
   * @throws OptionError when an option is out of its range, or there are 1,000 keys that are in use
   */
  async add(options: AddApiKeyOptions): Promise<{ id: string; key: string }> {
    checkOptions('apiKeys.add', addRules, options, OptionError);
    const { client, verbs, queues = ['*'], expiresAt = null, perSecond = null } = options;
    const { id, key, digest } = newApiKey();
    const createdAt = Date.now();
    const [hash, unique] = [this.#hash, [...new Set(verbs)]];
    const stored = { id, client, verbs: unique, queues, perSecond, createdAt, expiresAt, revokedAt: null, digest };
    if (!(await this.#call((redis) => makePlace(redis, hash, createdAt))))
      throw new OptionError(`apiKeys.add: there are ${API_KEYS_MAX} keys already; revoke one first`);
    await this.#call((redis) => writeApiKey(redis, hash, stored));
    return { id, key };
  }

  /** All keys, the newest first, with those that are revoked or expired. */
  async list(): Promise<ApiKey[]> {
    const keys = await this.#all();
    return keys.map(({ digest: _digest, ...key }) => key).toSorted((a, b) => b.createdAt - a.createdAt);
  }

  /** Ends a key for good. Services refuse it within seconds. False when there is no key of this id. */
  async revoke(id: string): Promise<boolean> {
    const key = (await this.#all()).find((each) => each.id === id);
    if (!key) return false;
    if (key.revokedAt !== null) return true;
    await this.#call((redis) => writeApiKey(redis, this.#hash, { ...key, revokedAt: Date.now() }));
    return true;
  }

  /** What a service needs to check keys, with their digests; null when nothing has changed since that version. */
  async read(since?: string): Promise<ReadApiKeys | null> {
    return this.#call((redis) => readApiKeys(redis, this.#hash, since));
  }

  async #all(): Promise<readonly StoredApiKey[]> {
    return (await this.read())?.keys ?? [];
  }
}

function isFilled(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}
