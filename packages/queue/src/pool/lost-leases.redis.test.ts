import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { poolTest as test } from './testing/pool-test.ts';

const untilRecovered = fileURLToPath(new URL('testing/until-recovered.ts', import.meta.url));

/** Quick to notice, and long enough that no busy machine loses one by itself. */
const quick = { leaseMs: 3_000, renewMs: 60, sweepMs: 60 };

describe('a lease', () => {
  test('that another delivery took away refuses the late settle, counts it, and aborts the handler', async ({
    open,
  }) => {
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'hang' });
    const running = pool({ timings: quick });
    const lost: string[] = [];
    running.on('leaseLost', ({ outcome }) => lost.push(outcome));
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await redis.set(key(`${id}:lock`), 'somebody else', 'PX', 60_000);
    await vi.waitFor(() => expect(running.health().leaseLost).toBe(1));
    expect(job.runs[0]?.signal.reason).toMatchObject({ code: 'SLUICE_LEASE_LOST' });
    expect(lost).toEqual(['released']);
    expect(await raw.getJobState(id)).toBe('active');
    expect(await redis.get(key(`${id}:lock`))).toBe('somebody else');
    expect(running.state).toBe('running');
  });

  test('that only ran out is taken back when the handler returns, and the result counts', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'waitForGate' });
    const running = pool({ timings: { leaseMs: 60_000, renewMs: 30_000, sweepMs: 60_000 } });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await redis.del(key(`${id}:lock`));
    job.openGate();
    await vi.waitFor(() => expect(running.health()).toMatchObject({ leaseLost: 0, completed: 1, busy: 0 }));
    expect(await raw.getJobState(id)).toBe('completed');
    expect(await redis.exists(key(`${id}:lock`))).toBe(0);
  });

  test('that ran out and whose job was given back makes the result void', async ({ open }) => {
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'waitForGate' });
    const running = pool({ timings: { leaseMs: 60_000, renewMs: 30_000, sweepMs: 60_000 } });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    await raw.pause(); // so that nobody takes it again
    await redis
      .multi()
      .del(key(`${id}:lock`))
      .lmove(key('active'), key('wait'), 'RIGHT', 'RIGHT')
      .exec();
    job.openGate();
    await vi.waitFor(() => expect(running.health()).toMatchObject({ leaseLost: 1, completed: 0, busy: 0 }));
    expect(await raw.getJobState(id)).toBe('waiting');
    expect(await redis.exists(key(`${id}:lock`))).toBe(0);
  });

  test('that ran out before the job was seen lets no handler start', async ({
    open,
    redis: { isCluster },
    prefix,
    queueName,
    skip,
  }) => {
    skip(isCluster, 'a pool on a cluster takes nothing while it waits');
    const { pool, job, raw, redis, key, untilOneWaits } = open();
    const running = pool({ timings: { leaseMs: 1_000, renewMs: 200, sweepMs: 50 } });
    await running.start();
    await untilOneWaits();
    // What is sent behind a blocking command comes late: the job is put while this event loop stands still.
    const late = redis.duplicate();
    await using putter = new AsyncDisposableStack();
    putter.defer(() => late.disconnect());
    const queue = new Queue(`{${queueName}}`, { connection: late, prefix, skipVersionCheck: true });
    await queue.waitUntilReady();
    await late.client('SETNAME', 'late');
    const waited = late.blpop(key('gate'), 0);
    const added = queue.add('scripted', { do: 'ok' }, { jobId: 'late' });
    const addIsBehind = / name=late .* flags=\w*b\w* .* qbuf=[1-9]/;
    await vi.waitFor(async () => expect(await redis.client('LIST')).toMatch(addIsBehind));
    const { path, host, port } = late.options;
    const server = JSON.stringify(path === undefined ? { host, port } : { path });
    const standStill = [untilRecovered, server, key('gate'), key('late').replace(/:late$/, ''), 'late'];
    expect(spawnSync(process.execPath, standStill, { timeout: 30_000 }).status).toBe(0);
    await Promise.all([waited, added]);
    await vi.waitFor(async () => expect(await raw.getCompletedCount()).toBe(1));
    expect(job.runs).toHaveLength(1);
    await vi.waitFor(() => expect(running.health()).toMatchObject({ recovered: 1, completed: 1 }));
  });

  test('that ran out with its worker lets the job run again, no attempt spent', async ({ open }) => {
    const { pool, add, job, redis, key } = open();
    const id = await add({ do: 'ok' });
    // Taken by a pool that is gone, and so is its lease.
    await redis.hset(key(id), { ats: 1, 'sluice.by': '1:another-pool:1700000000000000' });
    await redis.lmove(key('wait'), key('active'), 'RIGHT', 'LEFT');
    const running = pool({ timings: quick });
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    expect(job.runs[0]?.attempt).toBe(1);
    await vi.waitFor(() => expect(running.health().recovered).toBe(1));
    expect(await redis.hget(key('1'), 'stc')).toBe('1');
  });

  test('that took its workers down more than three times dead-letters the job without another run', async ({
    open,
  }) => {
    const { pool, add, job, raw, redis, key } = open();
    const id = await add({ do: 'ok' });
    await redis.hset(key(id), { stc: 3, ats: 4, 'sluice.by': '4:another-pool:1700000000000000' });
    await redis.lmove(key('wait'), key('active'), 'RIGHT', 'LEFT');
    await pool({ timings: quick }).start();
    await vi.waitFor(async () => expect(await raw.getJobState(id)).toBe('failed'));
    expect(job.runs).toHaveLength(0);
    expect((await raw.getJob(id))?.failedReason).toBe('job stalled more than allowable limit');
    expect(await redis.hget(key(id), 'sluice.code')).toBe('SLUICE_JOB_CRASHED');
  });
});
