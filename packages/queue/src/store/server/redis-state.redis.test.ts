import { redisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { connectAdmin } from '../../admin/connect-admin.ts';

test('the state of Redis has its version, its memory and the time of a call', async ({ redis, prefix }) => {
  await using admin = await connectAdmin({ name: 'emails', prefix }, { redis: redis.url });
  const state = await admin.redis();
  expect(state).toEqual({
    server: expect.stringMatching(/^(redis|valkey)$/),
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    usedBytes: expect.any(Number),
    maxBytes: expect.toSatisfy((max) => max === null || max > 0),
    latencyMs: expect.any(Number),
  });
  expect(state.usedBytes).toBeGreaterThan(100_000);
  expect(state.latencyMs).toBeGreaterThan(0);
});
