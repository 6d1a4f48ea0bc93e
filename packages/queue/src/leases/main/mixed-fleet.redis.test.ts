import { Worker } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { poolTest as test } from '../../pool/testing/pool-test.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';

const quick = { leaseMs: 1_500, renewMs: 150, sweepMs: 150 };

describe('pools and BullMQ’s own workers on one queue', () => {
  test('run each job once, and take none from each other', async ({ open, redis, prefix }) => {
    const { pool, add, job, raw, redis: client, key } = open({ timeoutMs: 20_000 });
    const connection = connectionOf(redis.url);
    const theirs: string[] = [];
    const gate = Promise.withResolvers<void>();
    const run = async ({ id, data }: { id?: string; data: { do: string } }): Promise<unknown> => {
      theirs.push(id ?? '');
      if (data.do === 'waitForGate') await gate.promise;
      return { said: 'theirs', attempt: 1 };
    };
    // Looks for stalled jobs more often than our leases last.
    const options = { connection, prefix, concurrency: 4, lockDuration: 900, stalledInterval: 200 };
    const worker = new Worker(raw.name, run, options);
    await using ends = new AsyncDisposableStack();
    ends.defer(() => worker.close(true));
    const stalled: string[] = [];
    worker.on('stalled', (id) => stalled.push(id));
    const running = pool({ timings: quick, concurrency: 4 });
    await running.start();

    const long = await Promise.all(Array.from({ length: 8 }, () => add({ do: 'waitForGate' })));
    await vi.waitFor(() => expect(theirs.length + job.runs.length).toBe(8));
    expect([theirs.length, job.runs.length]).toEqual([4, 4]);
    // Both look for stalled jobs often enough: every key that they note it in was written again and again.
    const looks = new Set<string | null>();
    await vi.waitFor(async () => {
      looks.add(await client.get(key('sluice:sweep')));
      expect(looks.size).toBeGreaterThan(15);
    });
    gate.resolve();
    job.openGate();
    const short = await Promise.all(Array.from({ length: 200 }, () => add({ do: 'ok' })));
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(208));
    const ran = [...theirs, ...job.runs.map(({ id }) => id)];
    expect(ran.toSorted()).toEqual([...long, ...short].toSorted());
    expect(stalled).toEqual([]);
    expect(running.health()).toMatchObject({ recovered: 0, leaseLost: 0 });
  });

  test('do not leave the job of a dead worker behind when no other one of its kind is there', async ({
    open,
    redis,
    prefix,
  }) => {
    const { pool, add, job, raw, redis: client, key } = open();
    const connection = connectionOf(redis.url);
    const started = Promise.withResolvers<void>();
    const never = new Promise<void>(() => undefined);
    const worker = new Worker(raw.name, () => (started.resolve(), never), { connection, prefix, lockDuration: 400 });
    const id = await add({ do: 'ok' });
    await started.promise;
    await worker.close(true); // gone without a word
    await pool({ timings: { ...quick, leaseMs: 300 } }).start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    expect(await client.hmget(key(id), 'ats', 'stc')).toEqual(['2', '1']);
  });
});
