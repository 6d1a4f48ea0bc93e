import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { sluiceKeys } from '../keys/queue-keys.ts';
import type { AddCall, AdmissionReply, RequestId } from './admission.ts';
import { admitJobs } from './admission-client.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';

interface Kit {
  backend: BoundedBackend;
  /** Admits jobs with these ids in one call. */
  admit(ids: string[], requestId?: RequestId): Promise<AdmissionReply>;
  depth(): Promise<number>;
}

const sharedOptions = { name: 'plain', json: ['{"jobId":"', '","sluice":{"d":"', '"}}'] } as const;

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, prefix }, use) => {
    const client = await redis.client();
    const options = { connection: client, prefix: `{${prefix}}`, skipVersionCheck: true };
    const backend = createBoundedBackend({ capacity: 10 })('q', options);
    await backend.waitUntilReady();
    const callOf = (id: string): AddCall => {
      return { queueKeys: backend.keys, id, at: 1, data: '{}', options: sharedOptions, digest: '', isNew: true };
    };
    await use({
      backend,
      admit: (ids, requestId) =>
        admitJobs(backend, { calls: ids.map(callOf), mode: 'each', capacity: 10, ...(requestId ? { requestId } : {}) }),
      depth: () => client.llen(backend.toKey('wait')),
    });
    await backend.close();
  },
});

describe('an admission call', () => {
  const request = (kit: Kit, number: number): RequestId => {
    return { slot: kit.backend.toKey(`${sluiceKeys.reply}p:1`), number, windowMs: 10_000 };
  };

  test('that is sent twice gets its first answer', async ({ kit }) => {
    const first = await kit.admit(['a', 'b'], request(kit, 1));
    expect(await kit.admit(['a', 'b'], request(kit, 1))).toEqual(first);
    expect(await kit.depth()).toBe(2);
  });

  test('of which a copy arrives when the next one is through adds nothing', async ({ kit }) => {
    await kit.admit(['a'], request(kit, 1));
    await kit.admit(['b'], request(kit, 2));
    await expect(kit.admit(['a'], request(kit, 1))).rejects.toThrow('LATE');
    expect(await kit.depth()).toBe(2);
  });

  test('that found no free capacity is not let in by a copy that arrives when there is some', async ({ kit }) => {
    const ids = Array.from({ length: 10 }, (_, n) => `f${n}`);
    await kit.admit(ids);
    const refused = await kit.admit(['late'], request(kit, 1));
    expect(refused.answers).toMatchObject([{ decision: 'full' }]);
    await kit.backend.remove('f0', true);
    expect(await kit.admit(['late'], request(kit, 1))).toEqual(refused);
    expect(await kit.depth()).toBe(9);
  });

  test('leaves an answer that ends by itself', async ({ kit, redis }) => {
    await kit.admit(['a'], request(kit, 1));
    const client = await redis.client();
    const leftMs = await client.pttl(request(kit, 1).slot);
    expect(leftMs).toBeGreaterThan(10_000);
    expect(leftMs).toBeLessThanOrEqual(20_000);
  });
});
