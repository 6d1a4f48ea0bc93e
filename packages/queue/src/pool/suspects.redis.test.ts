import { describe, expect, vi } from 'vitest';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import type { PoolHarness } from './testing/pool-harness.ts';
import { poolTest as test } from './testing/pool-test.ts';
import type { WorkerPool } from './worker-pool.ts';

/** As the sweep leaves jobs that ran in a process when it died: each list is a group. */
async function suspect({ redis, key }: PoolHarness, ...groups: string[][]): Promise<void> {
  const members = groups.flatMap((ids, group) => ids.flatMap((id) => [group + 1, id]));
  await redis.zadd(key('sluice:crash-suspects'), ...members);
  await redis.hset(key('meta'), 'sluice.crashSuspects', 0);
}

function startedBy(pool: WorkerPool): string[] {
  const started: string[] = [];
  pool.on('started', ({ id }) => started.push(id));
  return started;
}

describe('a pool', () => {
  test('runs crash suspects alone, group by group, and then the others', async ({ open }) => {
    const harness = open();
    const { pool, add, job, redis, key } = harness;
    const a = await add({ do: 'waitForGate' });
    const b = await add({ do: 'ok' });
    const other = await add({ do: 'ok' });
    await suspect(harness, [b], [a]);
    const running = pool();
    const started = startedBy(running);
    await running.start();
    await vi.waitFor(() => expect(started).toEqual([b, a]));
    await vi.waitFor(() => expect(running.health().completed).toBe(1));
    expect(await redis.lrange(key('wait'), 0, -1)).toEqual([other]);
    job.openGate();
    await vi.waitFor(() => expect(running.health().completed).toBe(3));
    expect(started).toEqual([b, a, other]);
    for (const id of [a, b]) expect(await redis.hget(key(id), 'sluice.sharedDelivery')).toBeNull();
  });

  test('that is busy pauses for them', async ({ open }) => {
    const harness = open();
    const { pool, add, job, redis, key } = harness;
    await add({ do: 'waitForGate' });
    const running = pool();
    const started = startedBy(running);
    await running.start();
    await vi.waitFor(() => expect(started).toHaveLength(1));
    const held = await add({ do: 'ok' });
    await vi.waitFor(() => expect(running.health().completed).toBe(1));
    await redis.hset(key('meta'), 'sluice.crashSuspects', 0);
    await redis.zadd(key('sluice:crash-suspects'), 1, 'not here any more');
    const asked = await add({ do: 'ok' }); // the pool that takes it is asked
    await vi.waitFor(() => expect(running.health().completed).toBe(2));
    const next = await add({ do: 'ok' });
    expect(started).toEqual([started[0], held, asked]);
    job.openGate();
    await vi.waitFor(() => expect(started.at(-1)).toBe(next));
    expect(await redis.exists(key('sluice:crash-suspects'))).toBe(0);
  });

  test('has the whole process for them: other pools and consumers there take nothing meanwhile', async ({
    open,
    redis,
    prefix,
  }) => {
    const harness = open();
    const elsewhere = open({ queueName: 'elsewhere' });
    const idle = defineQueue({ name: 'idle', jobs: [elsewhere.job.contract], capacity: 10, prefix });
    await using consumer = await connectConsumer(idle, { redis: redis.url });
    const other = elsewhere.pool();
    await other.start();
    const a = await harness.add({ do: 'waitForGate' });
    await suspect(harness, [a]);
    const running = harness.pool();
    await running.start();
    await vi.waitFor(() => expect(harness.job.runs).toHaveLength(1));
    await elsewhere.add({ do: 'ok' });
    expect(await consumer.take({ waitMs: 0 })).toBeNull();
    expect(elsewhere.job.runs).toHaveLength(0);
    expect(await harness.redis.hget(harness.key(a), 'sluice.sharedDelivery')).toBeNull();
    harness.job.openGate();
    await vi.waitFor(() => expect(other.health().completed).toBe(1));
  });
});

describe('a consumer', () => {
  test('takes a crash suspect, and nothing else until that has ended', async ({ open, redis, prefix, queueName }) => {
    const harness = open();
    const queue = defineQueue({ name: queueName, jobs: [harness.job.contract], capacity: 10, prefix });
    const a = await harness.add({ do: 'ok' });
    const b = await harness.add({ do: 'ok' });
    await suspect(harness, [a]);
    await using consumer = await connectConsumer(queue, { redis: redis.url });
    const first = await consumer.take();
    expect(first?.id).toBe(a);
    expect(await consumer.take({ waitMs: 0 })).toBeNull();
    await first?.ack({ said: 'done', attempt: 1 });
    expect((await consumer.take({ waitMs: 10_000 }))?.id).toBe(b);
  });
});

describe('a delivery', () => {
  test('has no company in the one that came before it in a pool of one slot', async ({ open }) => {
    const { pool, add, redis, key } = open();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await add({ do: 'ok' }));
    const running = pool({ concurrency: 1 });
    await running.start();
    await vi.waitFor(() => expect(running.health().completed).toBe(5));
    for (const id of ids) expect(await redis.hget(key(id), 'sluice.sharedDelivery')).toBeNull();
  });

  test('is noted to have company before another one starts, in the same pool or in another one', async ({ open }) => {
    const harness = open();
    const elsewhere = open({ queueName: 'elsewhere' });
    const [running, other] = [harness.pool(), elsewhere.pool()];
    await Promise.all([running.start(), other.start()]);
    const { redis, key, add, job } = harness;
    const a = await add({ do: 'waitForGate' });
    await vi.waitFor(() => expect(job.runs).toHaveLength(1));
    expect(await redis.hmget(key(a), 'ats', 'sluice.sharedDelivery')).toEqual(['1', null]);
    const sharedDeliveries: Promise<string | null>[] = [];
    other.on('started', () => void sharedDeliveries.push(redis.hget(key(a), 'sluice.sharedDelivery')));
    const b = await elsewhere.add({ do: 'ok' });
    await vi.waitFor(() => expect(sharedDeliveries).toHaveLength(1));
    expect(await sharedDeliveries[0]).toBe('1');
    await vi.waitFor(async () => expect(await redis.hget(elsewhere.key(b), 'sluice.sharedDelivery')).toBe('1'));
  });
});
