import { flakyProxy } from '@sluice/testing';
import { describe, expect, vi } from 'vitest';
import { workerTest as test } from './testing/worker-fixture.ts';

describe('a worker that is asked to end', () => {
  test('while Redis is away ends in bounded time, and its job runs elsewhere', async ({ fixture, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const worker = fixture.startWorker({ REDIS_URL: proxy.url, SLUICE_DRAIN_MS: '200ms' });
    await worker.ready();
    const receipt = await fixture.put('/slow');
    await vi.waitFor(() => expect(fixture.asked).toHaveLength(1));
    await proxy.cut();
    const begunAt = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(performance.now() - begunAt).toBeLessThan(12_000);
    fixture.openGate();
    await fixture.startWorker().ready();
    expect(await fixture.producer.result(receipt, { waitMs: 20_000 })).toMatchObject({ ok: true });
  });
});
