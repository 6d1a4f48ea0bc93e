import type { Redis } from 'ioredis';
import { apiKeyVerbs, isValidApiKey, type StoredApiKey } from './api-key.ts';

/** The most keys that are kept, those that are revoked or expired included. */
export const API_KEYS_MAX = 1_000;

/** A field of the hash of keys that is none: grows with every change, so that readers see at a glance whether there was one. */
const VERSION = 'version';

/** All keys, as they stood at one time. */
export interface ReadApiKeys {
  /** Another one after every change. */
  readonly version: string;
  /** In no order, with those that are revoked or expired. */
  readonly keys: readonly StoredApiKey[];
}

/** The hash with the keys of all clients of the queues under a prefix. */
export function apiKeysKey(prefix: string): string {
  return `${prefix}:sluice:api-keys`;
}

/** The keys; null when nothing has changed since that version. */
export async function readApiKeys(client: Redis, hash: string, since?: string): Promise<ReadApiKeys | null> {
  const version = (await client.hget(hash, VERSION)) ?? '0';
  if (version === since) return null;
  const { [VERSION]: _, ...fields } = await client.hgetall(hash);
  return {
    version,
    keys: Object.values(fields)
      .map(parsed)
      .filter((key) => key !== null),
  };
}

/** Writes a key, new or changed. */
export async function writeApiKey(client: Redis, hash: string, key: StoredApiKey): Promise<void> {
  const answers = await client.multi().hset(hash, key.id, JSON.stringify(key)).hincrby(hash, VERSION, 1).exec();
  for (const [error] of answers ?? []) if (error) throw error;
}

/** Deletes a key that is of no use any more, when there are as many as may be. Returns whether there is a place for another one. */
export async function makePlace(client: Redis, hash: string, nowMs: number): Promise<boolean> {
  if ((await client.hlen(hash)) <= API_KEYS_MAX) return true; // one field is no key
  const keys = (await readApiKeys(client, hash))?.keys ?? [];
  const [oldest] = keys.filter((key) => !isValidApiKey(key, nowMs)).toSorted((a, b) => endOf(a) - endOf(b));
  if (!oldest) return false;
  await client.hdel(hash, oldest.id);
  return true;
}

function endOf({ revokedAt, expiresAt }: StoredApiKey): number {
  return Math.min(revokedAt ?? Infinity, expiresAt ?? Infinity);
}

/** Null for what another program has written there: it must neither be a key nor keep the others from being read. */
function parsed(json: string): StoredApiKey | null {
  try {
    const key = JSON.parse(json) as Partial<StoredApiKey>;
    return isStored(key) ? key : null;
  } catch {
    return null;
  }
}

function isStored(key: Partial<StoredApiKey>): key is StoredApiKey {
  const { id, client, digest, verbs, queues, createdAt, expiresAt, revokedAt, perSecond } = key;
  const isNumberOrNull = (value: unknown): boolean => value === null || typeof value === 'number';
  return (
    typeof id === 'string' &&
    typeof client === 'string' &&
    /^[0-9a-f]{64}$/.test(digest ?? '') &&
    Array.isArray(verbs) &&
    verbs.every((verb) => apiKeyVerbs.includes(verb)) &&
    Array.isArray(queues) &&
    queues.every((queue) => typeof queue === 'string') &&
    typeof createdAt === 'number' &&
    [expiresAt, revokedAt, perSecond].every(isNumberOrNull)
  );
}
