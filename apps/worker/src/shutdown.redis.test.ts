import { flakyProxy } from '@sluice/testing';
import { describe, expect, vi } from 'vitest';
import { askHealth, workerTest as test } from './testing/worker-fixture.ts';

/** A worker that nobody woke would look for the job after 5 s. */
const wakeUp = { timeout: 2_500, interval: 10 };

describe('a worker that is asked to end', () => {
  test.for(['SIGTERM', 'SIGINT'] as const)(
    'by %s while it has nothing to do ends at once',
    async (signal, { fixture }) => {
      const worker = fixture.startWorkerAlone({ SLUICE_DRAIN_MS: '60s', SLUICE_HEALTH_PORT: '0' });
      await vi.waitFor(async () => expect(await askHealth(worker, '/readyz')).toBe(200));
      const begunAt = performance.now();
      worker.child.kill(signal);
      expect(await worker.ended).toBe(0);
      expect(performance.now() - begunAt).toBeLessThan(5_000);
    },
  );

  test.for([undefined, 7])(
    'gives a job back after drain and grace, and another worker has it at once (priority %s)',
    async (priority, { fixture }) => {
      const first = fixture.startWorker({ SLUICE_DRAIN_MS: '300ms', SLUICE_CONCURRENCY: '1' });
      await first.ready();
      const receipt = await fixture.put('/slow', priority === undefined ? {} : { priority });
      await vi.waitFor(() => expect(fixture.asked).toHaveLength(1));
      const second = fixture.startWorker({ SLUICE_CONCURRENCY: '1' });
      await second.ready();
      first.child.kill('SIGTERM');
      expect(await first.ended).toBe(0);
      await vi.waitFor(() => expect(fixture.asked).toHaveLength(2), wakeUp);
      expect(await fixture.producer.find(receipt.id)).toMatchObject({ state: 'active', attempts: 0 });
      fixture.openGate();
      expect(await fixture.producer.result(receipt)).toMatchObject({ ok: true, attempts: 1 });
    },
  );

  test('while it starts, and waits for Redis, ends at once without a job', async ({ fixture, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    proxy.stall();
    const worker = fixture.startWorker({ REDIS_URL: proxy.url, SLUICE_HEALTH_PORT: '0' });
    await vi.waitFor(async () => expect(await askHealth(worker, '/readyz')).toBe(503));
    expect(await askHealth(worker, '/livez')).toBe(200);
    const { id } = await fixture.put('/fine');
    const begunAt = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(performance.now() - begunAt).toBeLessThan(4_000); // it would have waited for Redis for 5 s
    expect(await fixture.producer.find(id)).toMatchObject({ state: 'waiting' });
  });

  test('and is then killed has lost no job, and repeats none that was done', async ({ fixture }) => {
    const first = fixture.startWorker({ SLUICE_DRAIN_MS: '60s', SLUICE_CONCURRENCY: '8' });
    await first.ready();
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, page) => fixture.put(page % 10 === 0 ? `/slow/${page}` : `/fine/${page}`)),
    );
    await vi.waitFor(() => expect(fixture.asked.length).toBeGreaterThan(20), { interval: 1 });
    first.child.kill('SIGTERM');
    await vi.waitFor(() => expect(first.output()).toContain('draining'));
    first.child.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const jobs = await Promise.all(receipts.map(({ id }) => fixture.producer.find(id)));
    const done = jobs.filter((job) => job?.state === 'completed');
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(100);
    fixture.openGate();
    await fixture.startWorker({ SLUICE_CONCURRENCY: '8' }).ready();
    const results = await Promise.all(receipts.map((receipt) => fixture.producer.result(receipt, { waitMs: 30_000 })));
    expect(results.every(({ ok }) => ok)).toBe(true);
    for (const job of done) expect(await fixture.producer.find(job?.id ?? '')).toEqual(job);
  });
});

describe('the health of a worker', () => {
  test('is answered while it works, and says that Redis is away', async ({ fixture, redis }) => {
    await using proxy = await flakyProxy(redis.url);
    const worker = fixture.startWorker({ REDIS_URL: proxy.url, SLUICE_HEALTH_PORT: '0' });
    await worker.ready();
    const ask = (path: string): Promise<number> => askHealth(worker, path);
    expect([await ask('/livez'), await ask('/readyz'), await ask('/none')]).toEqual([200, 200, 404]);
    await proxy.cut();
    await vi.waitFor(async () => expect(await ask('/readyz')).toBe(503));
    expect(await ask('/livez')).toBe(200);
    await proxy.restore();
    await vi.waitFor(async () => expect(await ask('/readyz')).toBe(200));
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });
});
