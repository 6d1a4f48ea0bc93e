import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { apiKeyIdOf, isApiKey, isValidApiKey, type StoredApiKey } from '../store/api-keys/api-key.ts';
import { API_KEYS_MAX, apiKeysKey } from '../store/api-keys/stored-api-keys.ts';
import type { ApiKeys } from './api-keys.ts';
import { connectAllQueues } from './connect-admin.ts';

const test = redisTest.extend<{ apiKeys: ApiKeys }>({
  apiKeys: async ({ redis, prefix }, use) => {
    await using queues = await connectAllQueues({ redis: redis.url, prefix });
    await use(queues.apiKeys);
  },
});

const shop = { client: 'shop', verbs: ['put', 'read'] } as const;

describe('an API key', () => {
  test('is shown when it is made, and stored as a digest alone', async ({ apiKeys, redis, prefix }) => {
    const { id, key } = await apiKeys.add({ ...shop, queues: ['emails'], expiresAt: 4_000_000_000_000, perSecond: 50 });
    expect(apiKeyIdOf(key)).toBe(id);
    const client = await redis.client();
    const stored = (await client.hget(apiKeysKey(prefix), id)) ?? '';
    expect(stored).not.toContain(key.slice(-43));
    expect(isApiKey(key, JSON.parse(stored))).toBe(true);
    expect(await apiKeys.list()).toEqual([
      {
        id,
        client: 'shop',
        verbs: ['put', 'read'],
        queues: ['emails'],
        perSecond: 50,
        createdAt: expect.any(Number),
        expiresAt: 4_000_000_000_000,
        revokedAt: null,
      },
    ]);
  });

  test('is no other one, nor what only looks like one', async ({ apiKeys }) => {
    const { key } = await apiKeys.add(shop);
    const other = await apiKeys.add(shop);
    const keys = (await apiKeys.read())?.keys ?? [];
    const mine = keys.find(({ id }) => id === apiKeyIdOf(key)) as StoredApiKey;
    expect(isApiKey(key, mine)).toBe(true);
    for (const text of [other.key, key.slice(0, -1), `${key}=`, key.slice(7), '', 'sluice__'])
      expect(isApiKey(text, mine)).toBe(false);
    expect(apiKeyIdOf(`${key} `)).toBeNull();
  });

  test('is of no use once it is revoked, or has expired', async ({ apiKeys }) => {
    const { id } = await apiKeys.add({ ...shop, expiresAt: 2_000 });
    const validAt = async (nowMs: number): Promise<boolean[]> =>
      (await apiKeys.list()).map((key) => isValidApiKey(key, nowMs));
    expect([await validAt(1_999), await validAt(2_000)]).toEqual([[true], [false]]);
    expect(await apiKeys.revoke(id)).toBe(true);
    expect(await validAt(1_999)).toEqual([false]);
    const revoked = await apiKeys.list();
    expect(await apiKeys.revoke(id)).toBe(true);
    expect(await apiKeys.list()).toEqual(revoked);
    expect(await apiKeys.revoke('0000000000000000')).toBe(false);
  });
});

describe('the keys', () => {
  test('are read again only when one has changed', async ({ apiKeys }) => {
    expect(await apiKeys.read()).toEqual({ version: '0', keys: [] });
    expect(await apiKeys.read('0')).toBeNull();
    const { id } = await apiKeys.add(shop);
    const read = await apiKeys.read('0');
    expect(read?.keys).toHaveLength(1);
    expect(await apiKeys.read(read?.version)).toBeNull();
    await apiKeys.revoke(id);
    expect((await apiKeys.read(read?.version))?.keys[0]?.revokedAt).toEqual(expect.any(Number));
  });

  test('are read past what another program has written among them', async ({ apiKeys, redis, prefix }) => {
    const { id } = await apiKeys.add(shop);
    const client = await redis.client();
    await client.hset(apiKeysKey(prefix), {
      broken: '{',
      nothing: 'null',
      half: JSON.stringify({ id: 'half', client: 'x' }),
    });
    expect((await apiKeys.list()).map((key) => key.id)).toEqual([id]);
  });

  test(`are ${API_KEYS_MAX} at most: one that is of no use gives its place to a new one`, async ({
    apiKeys,
    redis,
    prefix,
  }) => {
    const { id } = await apiKeys.add(shop);
    const client = await redis.client();
    const json = JSON.parse((await client.hget(apiKeysKey(prefix), id)) ?? '');
    const others = Array.from({ length: API_KEYS_MAX - 1 }, (_, n) => [
      `k${n}`,
      JSON.stringify({ ...json, id: `k${n}` }),
    ]);
    await client.hset(apiKeysKey(prefix), Object.fromEntries(others));
    await expect(apiKeys.add(shop)).rejects.toThrow('there are 1000 keys already; revoke one first');
    await apiKeys.revoke('k7');
    await apiKeys.add(shop);
    const ids = (await apiKeys.list()).map((key) => key.id);
    expect(ids).toHaveLength(API_KEYS_MAX);
    expect(ids).not.toContain('k7');
  });

  test.for([
    [{ ...shop, client: 'a b' }, 'client must be 1 to 100 of'],
    [{ ...shop, verbs: [] }, 'verbs must be a list of put, read, operate, admin'],
    [{ ...shop, verbs: ['write'] }, 'verbs must be a list of'],
    [{ ...shop, queues: ['e mails'] }, 'queues must be a list of at most 100 names'],
    [{ ...shop, perSecond: 0 }, 'perSecond must be a whole number from 1'],
    [{ ...shop, key: 'mine' }, 'key'],
  ] as const)('refuse %o', async ([options, message], { apiKeys }) => {
    await expect(apiKeys.add(options as never)).rejects.toThrow(message);
  });
});
