import { flakyProxy } from '@sluice/testing';
import { describe, expect, vi } from 'vitest';
import { houseTest as test } from './testing/house.ts';

describe('a worker that is asked to end', () => {
  test('while Redis is away ends in bounded time, and its job runs elsewhere', async ({ house, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const worker = house.work({ REDIS_URL: proxy.url, SLUICE_DRAIN_MS: '200ms' });
    await worker.ready();
    const receipt = await house.put('/slow');
    await vi.waitFor(() => expect(house.asked).toHaveLength(1));
    await proxy.cut();
    const begunAt = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(performance.now() - begunAt).toBeLessThan(12_000);
    house.openGate();
    await house.work().ready();
    expect(await house.producer.result(receipt, { waitMs: 20_000 })).toMatchObject({ ok: true });
  });
});
