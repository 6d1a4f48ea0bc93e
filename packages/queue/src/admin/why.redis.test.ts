import { describe, expect, vi } from 'vitest';
import { connectAdmin } from './connect-admin.ts';
import { poolTest as test } from '../pool/testing/pool-test.ts';

describe('why', () => {
  test('tells the life of a job, and where it runs', async ({ open, redis, prefix, queueName }) => {
    const { pool, add, job } = open();
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    const id = await add({ do: 'waitForGate' });
    expect(await admin.why(id)).toMatchObject({ state: 'waiting', reasons: [{ reason: 'no-worker' }], isWhole: true });
    const running = pool();
    await running.start();
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    const now = await admin.why(id);
    expect(now).toMatchObject({
      state: 'active',
      reasons: [],
      running: { worker: running.name, delivery: 1, fencingToken: expect.any(Number), leaseMs: expect.any(Number) },
      attempts: { made: 0, most: 1, deliveries: 1, counted: 0 },
    });
    job.openGate();
    await vi.waitFor(() => expect(running.health().completed).toBe(1));
    const ended = await admin.why(id);
    expect(ended).toMatchObject({ state: 'completed', reasons: [], running: null, isWhole: true });
    expect(ended.transitions.map(({ event, worker }) => [event, worker])).toEqual([
      ['put', null],
      ['waiting', null],
      ['active', running.name],
      ['completed', null],
    ]);
    expect(ended.transitions[2]?.fencingToken).toBe(now.running?.fencingToken);
  });

  test('looks for a job among the next 10,000, and says when it is further behind', async ({
    open,
    redis,
    prefix,
    queueName,
  }) => {
    const { add, redis: client, key } = open();
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    const positionOf = async (id: string) => (await admin.why(id)).reasons.find(({ reason }) => reason === 'behind');
    const others = Array.from({ length: 9_999 }, (_, index) => `x${index}`);
    await client.lpush(key('wait'), ...others);
    const near = await add({ do: 'ok' });
    expect(await positionOf(near)).toEqual({ reason: 'behind', jobs: 9_999, isMore: false });
    const far = await add({ do: 'ok' });
    expect(await positionOf(far)).toEqual({ reason: 'behind', jobs: 10_000, isMore: true });
  });

  test('names the limit of its contract that holds a job back', async ({ open, redis, prefix, queueName }) => {
    const { pool, add, job } = open();
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    await admin.limits.setPaused(job.contract.name, true);
    await pool().start();
    const id = await add({ do: 'ok' });
    await vi.waitFor(async () => expect(await admin.why(id)).toMatchObject({ state: 'delayed' }));
    expect((await admin.why(id)).reasons).toEqual([{ reason: 'job-paused', job: job.contract.name }]);
  });

  test('says what becomes of an id that no job has', async ({ open, redis, prefix, queueName }) => {
    const { add, raw } = open();
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    const id = await add({ do: 'ok' });
    await raw.remove(id);
    const gone = await admin.why(id);
    expect(gone).toMatchObject({ job: null, state: 'unknown', reasons: [{ reason: 'unknown' }], isWhole: true });
    expect(gone.transitions.map(({ event }) => event)).toEqual(['put', 'waiting', 'removed']);
    expect((await admin.why('meta')).state).toBe('unknown');
  });
});
