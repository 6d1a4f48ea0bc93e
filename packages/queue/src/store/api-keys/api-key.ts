import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a client may be allowed to do with a queue; none implies another. */
export const apiKeyVerbs = ['put', 'read', 'operate', 'admin'] as const;

/** One of {@link apiKeyVerbs}. */
export type ApiKeyVerb = (typeof apiKeyVerbs)[number];

/** What is known of an API key. The key itself is shown once, when it is made. */
export interface ApiKey {
  /** Names the key in lists and logs; the second part of the key itself. */
  readonly id: string;
  /** Whose key it is. A client may have several, so that one can replace another without a gap. */
  readonly client: string;
  /** What it may do: `put` adds jobs, `read` changes nothing, `operate` acts on jobs, schedules and pools, `admin` changes queues and keys. */
  readonly verbs: readonly ApiKeyVerb[];
  /** The names of the queues that it may do it with; `*` is all of them. */
  readonly queues: readonly string[];
  /** The most requests a second that one process takes of it; null for no limit. */
  readonly perSecond: number | null;
  /** Milliseconds since 1970, like the next two. */
  readonly createdAt: number;
  /** From when on it is refused; null for never. */
  readonly expiresAt: number | null;
  /** When it was revoked; null for a key that was not. */
  readonly revokedAt: number | null;
}

/** A key as Redis has it: never the secret, only its digest. */
export interface StoredApiKey extends ApiKey {
  /** SHA-256 of the secret, in hexadecimal digits. The secret has 256 random bits, so a slow hash would add nothing. */
  readonly digest: string;
}

const KEY = /^sluice_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A new key: the text that its client sends, and what of it is stored. */
export function newApiKey(): { id: string; key: string; digest: string } {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, key: `sluice_${id}_${secret}`, digest: digestOf(secret) };
}

/** The id of a key; null for what is none. */
export function apiKeyIdOf(key: string): string | null {
  return KEY.exec(key)?.[1] ?? null;
}

/** Whether this text is that key. Takes equally long wherever the two differ. */
export function isApiKey(key: string, { digest }: StoredApiKey): boolean {
  const secret = KEY.exec(key)?.[2] ?? '';
  return timingSafeEqual(Buffer.from(digestOf(secret), 'hex'), Buffer.from(digest, 'hex'));
}

/** Whether it may be used at this time. */
export function isValidApiKey({ expiresAt, revokedAt }: ApiKey, nowMs: number): boolean {
  return revokedAt === null && (expiresAt === null || nowMs < expiresAt);
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
