import { describe, expect, vi } from 'vitest';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { poolTest as test } from '../../pool/testing/pool-test.ts';
import { makeBlockingPipe } from '../../testing/blocking-pipe.ts';
import { WorkerChild } from '../testing/start-child.ts';

const quick = { leaseMs: 1_200, renewMs: 200, sweepMs: 200 };
/** Long enough for the thread to load what ends attempts, on a busy machine. */
const longLeases = { leaseMs: 3_000, renewMs: 500, sweepMs: 300 };

describe('a blocked event loop', () => {
  test('loses no lease, for three lease lengths and more', async ({ open, redis, prefix, queueName }) => {
    const { pool, add, job, redis: client, key } = open();
    const times = { timings: quick, timeoutMs: 20_000, graceMs: 200 };
    await using child = await WorkerChild.start({ redis: redis.url, prefix, queueName, ...times });
    const waiting = await add({ do: 'hang' });
    await child.event('started', waiting);
    const blocking = await add({ do: 'blockOnce', ms: 4_000 });
    await child.event('started', blocking);
    const other = pool({ timings: quick });
    await other.start();
    await child.event('completed', blocking);
    expect(await client.hmget(key(waiting), 'ats', 'stc')).toEqual(['1', null]);
    expect(job.runs).toHaveLength(0);
    expect(await child.health()).toMatchObject({
      leaseLost: 0,
      settledByWatchdog: 0,
      completed: 1,
      busy: 1,
      leaseThread: 'up',
    });
    expect(other.health()).toMatchObject({ recovered: 0, taken: 0 });
  });

  test('does not keep a cancel from ending its attempt after its grace', async ({ open, redis, prefix, queueName }) => {
    const { add, raw } = open();
    const times = { timings: longLeases, timeoutMs: 60_000, graceMs: 200 };
    await using child = await WorkerChild.start({ redis: redis.url, prefix, queueName, ...times });
    const { pipe, release } = makeBlockingPipe();
    const blocking = await add({ do: 'blockOnceByPipe', pipe });
    await child.event('started', blocking);
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    expect(await admin.cancel(blocking)).toBe('aborted');
    expect(await raw.getJobState(blocking)).toBe('failed');
    expect((await admin.find(blocking))?.failure).toMatchObject({ code: 'SLUICE_JOB_CANCELLED' });
    await release();
    expect(await child.event('cancelled', blocking)).toMatchObject({ code: 'SLUICE_JOB_CANCELLED' });
  });

  test('times its attempt out at deadline and grace, once; the job runs again elsewhere', async ({
    open,
    redis,
    prefix,
    queueName,
  }) => {
    const { pool, add, job, raw, redis: client, key } = open();
    const times = { timings: longLeases, timeoutMs: 400, graceMs: 200 };
    await using child = await WorkerChild.start({ redis: redis.url, prefix, queueName, ...times });
    const { pipe, release } = makeBlockingPipe();
    const id = await add({ do: 'blockOnceByPipe', pipe });
    await child.event('started', id);
    await pool({ timings: longLeases }).start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    expect(child.eventsOf(id)).toEqual(['started']); // it is still blocked
    expect(job.runs[0]?.attempt).toBe(2); // a failed attempt, no crash
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('completed'));
    expect(await client.hmget(key(id), 'atm', 'stc', 'sluice.code')).toEqual(['2', null, 'SLUICE_JOB_TIMEOUT']);

    await release();
    expect(await child.event('retried', id)).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT' });
    expect(child.eventsOf(id).filter((event) => event !== 'abandoned')).toEqual([
      'started',
      'settledByWatchdog',
      'retried',
    ]);
    await vi.waitFor(async () => expect(await child.health()).toMatchObject({ busy: 0, abandoned: 0 }));
    expect(await child.health()).toMatchObject({ settledByWatchdog: 1, retried: 1, completed: 0, leaseLost: 0 });
    expect((await raw.getJob(id))?.returnvalue).toEqual({ said: 'unblocked', attempt: 2 });
  });

  test('frees the slots of other attempts that were ended meanwhile', async ({ open, redis, prefix, queueName }) => {
    const { add, raw } = open();
    const times = { timings: longLeases, timeoutMs: 500, graceMs: 100 };
    await using child = await WorkerChild.start({ redis: redis.url, prefix, queueName, ...times });
    const stuck = await add({ do: 'ignoreSignal' }, { attempts: 1 });
    await child.event('started', stuck);
    const { pipe, release } = makeBlockingPipe();
    const blocking = await add({ do: 'blockOnceByPipe', pipe });
    await child.event('started', blocking);
    await vi.waitFor(async () => expect(await raw.getJobState(stuck)).toBe('failed'));
    expect(child.eventsOf(stuck)).toEqual(['started']);
    await release();
    expect(await child.event('dead', stuck)).toMatchObject({ code: 'SLUICE_JOB_TIMEOUT' });
    await vi.waitFor(async () => expect(await child.health()).toMatchObject({ busy: 0, abandoned: 1 }));
  });
});
