import { createHash, randomBytes } from 'node:crypto';
import type { ReadApiKeys, StoredApiKey } from '@sluice/queue';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { recordedLogger } from '../testing/recorded-logger.ts';
import { KeyRing } from './key-ring.ts';

const EVERY_MS = 2_000;

function madeKey(id: string): { text: string; stored: StoredApiKey } {
  const secret = randomBytes(32).toString('base64url');
  const digest = createHash('sha256').update(secret).digest('hex');
  const rest = { client: 'shop', verbs: ['put'], queues: ['*'], perSecond: null, createdAt: 0 } as const;
  return { text: `sluice_${id}_${secret}`, stored: { id, digest, expiresAt: null, revokedAt: null, ...rest } };
}

const one = madeKey('0123456789abcdef');
const other = madeKey('fedcba9876543210');

/** A ring over keys that the test sets, and the lines of its log. */
async function openRing(): Promise<{ ring: KeyRing; lines: string[]; redis: { keys: StoredApiKey[] | 'away' } }> {
  vi.useFakeTimers();
  const redis = { keys: [one.stored] as StoredApiKey[] | 'away' };
  const read = async (since?: string): Promise<ReadApiKeys | null> => {
    if (redis.keys === 'away') throw new Error('away');
    const version = JSON.stringify(redis.keys);
    return version === since ? null : { version, keys: redis.keys };
  };
  const lines: string[] = [];
  const ring = await KeyRing.open({ read }, recordedLogger(lines, 'debug'), EVERY_MS);
  onTestFinished(() => {
    ring.close();
    vi.useRealTimers();
  });
  return { ring, lines, redis };
}

describe('a ring of keys', () => {
  test('finds a key by its text alone', async () => {
    const { ring } = await openRing();
    expect(ring.find(one.text)).toBe(one.stored);
    for (const text of [other.text, `${one.text}A`, one.text.slice(0, -1), '', 'sluice_', one.stored.digest])
      expect(ring.find(text)).toBeUndefined();
    const mixed = `sluice_${one.stored.id}_${other.text.slice(-43)}`;
    expect(ring.find(mixed)).toBeUndefined();
  });

  test('learns of keys that are made and revoked', async () => {
    const { ring, redis } = await openRing();
    redis.keys = [{ ...one.stored, revokedAt: 1 }, other.stored];
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect([ring.find(one.text), ring.find(other.text)]).toEqual([undefined, other.stored]);
  });

  test('refuses a key from its expiry on', async () => {
    const { ring, redis } = await openRing();
    redis.keys = [{ ...one.stored, expiresAt: 5_000 }];
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect([ring.find(one.text, 4_999)?.id, ring.find(one.text, 5_000)]).toEqual([one.stored.id, undefined]);
  });

  test('keeps what it read last while Redis is away, and says so once', async () => {
    const { ring, lines, redis } = await openRing();
    redis.keys = 'away';
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(ring.find(one.text)).toBe(one.stored);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'API keys cannot be read: those read last are good until then',
    ]);
    redis.keys = [other.stored];
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(ring.find(one.text)).toBeUndefined();
  });

  test('is not empty again once a key was made', async () => {
    const { ring, redis } = await openRing();
    redis.keys = [{ ...one.stored, revokedAt: 1 }];
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(ring.isEmpty).toBe(false);
  });
});
