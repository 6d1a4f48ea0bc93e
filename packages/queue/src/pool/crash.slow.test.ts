import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killWorker } from '@sluice/testing';
import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';

const worker = fileURLToPath(new URL('testing/killed-worker.ts', import.meta.url));

describe('with default times', () => {
  test('the job of a killed worker runs again within ten seconds, no attempt spent', async ({
    open,
    redis,
    prefix,
    queueName,
  }) => {
    const { pool, add, job, key, redis: client } = open();
    const id = await add({ do: 'waitForGate' });
    const child = fork(worker, [redis.url, prefix, queueName], { execArgv: ['-C', '@sluice/source'] });
    await once(child, 'message');
    await pool().start();
    await killWorker(child);
    const killedAt = performance.now();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1), { timeout: 12_000 });
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect(job.runs[0]?.attempt).toBe(1);
    expect(await client.hget(key(id), 'stc')).toBe('1');
  });

  test('a pool whose connections went silent opens new ones, and takes jobs again', async ({ open, proxy }) => {
    const { pool, add, job } = open();
    const running = pool({ redis: proxy.url });
    await running.start();
    const before = proxy.connections;
    proxy.stall();
    await vi.waitFor(() => expect(running.health().redis).toBe('away'), { timeout: 15_000 });
    // The wire is frozen, so it still counts the two that were given up.
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThanOrEqual(before + 2), { timeout: 25_000 });
    await proxy.restore();
    await add({ do: 'ok' });
    await vi.waitFor(() => expect(job.runs).toHaveLength(1), { timeout: 15_000 });
    await vi.waitFor(() => expect(running.health()).toMatchObject({ redis: 'up', live: true }));
  });
});
