import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { expect, type TestAPI } from 'vitest';
import { StalledQueue } from '../leases/testing/stalled-queue.ts';
import { WorkerProcess } from '../leases/testing/worker-process.ts';
import type { PoisonReport } from '../store/poison/read-poison.ts';
import { type Admin } from './admin.ts';
import { connectAdmin } from './connect-admin.ts';

const timings = { leaseMs: 10_000, renewMs: 2_000, sweepMs: 500 };

const test = redisTest.extend<{ queue: StalledQueue; admin: Admin }>({
  queue: async ({ redis, prefix, queueName }, use) => {
    using queue = new StalledQueue(await redis.client(), { url: redis.url, prefix, queueName, timings });
    await use(queue);
  },
  admin: async ({ redis, prefix, queueName }, use) => {
    await using admin = await connectAdmin({ name: queueName, prefix }, { redis: redis.url });
    await use(admin);
  },
}) as unknown as TestAPI<RedisFixtures & { queue: StalledQueue; admin: Admin }>;

function rowsOf({ suspects }: PoisonReport): unknown[][] {
  return suspects.map(({ id, turn, groupSize, state, waitsFor }) => [id, turn, groupSize, state, waitsFor]);
}

test('crash suspects are reported in their order, with what each waits for', async ({ queue, admin }) => {
  const { client } = queue;
  for (const id of ['a', 'b', 'c']) await client.hset(queue.key(id), { name: 'send', data: '{}', opts: '{}' });
  await client.lpush(queue.key('wait'), 'a', 'b', 'c');
  const worker = new WorkerProcess(queue);
  await worker.take(3);
  await worker.die();
  const thread = await queue.leaseThread();
  await queue.sweptBefore(1_000);
  await thread.sweep(false);

  expect(rowsOf(await admin.poison.report())).toEqual([
    ['a', 1, 2, 'waiting', 'worker'],
    ['b', 1, 2, 'waiting', 'worker'],
    ['c', 2, 1, 'waiting', 'worker'],
  ]);
  await thread.renew([], true);
  const served = await admin.poison.report({ limit: 1 });
  expect(rowsOf(served)).toEqual([['a', 1, 2, 'waiting', 'idle-process']]);
  expect(served).toMatchObject({ waiting: 3, pools: 1, paused: false, guilty: [], makeWayAt: expect.any(Number) });
  expect(served.suspects[0]).toMatchObject({
    job: 'send',
    suspectedAt: expect.closeTo(served.makeWayAt ?? 0, -4),
    crashes: [{ jobsInProcess: 3, worker: `w-${worker.name}`, evidence: 'shared', delivery: 1 }],
  });

  const next = new WorkerProcess(queue);
  await next.take(3, { which: 'suspects' });
  expect(rowsOf(await admin.poison.report())).toEqual([
    [expect.stringMatching(/^[ab]$/), 0, 2, 'running', null],
    [expect.stringMatching(/^[ab]$/), 0, 2, 'running', null],
    ['c', 1, 1, 'waiting', 'idle-process'],
  ]);
  await admin.pause();
  expect((await admin.poison.report()).suspects.at(-1)?.waitsFor).toBe('resume');
  await client.hincrby(queue.key('a'), 'ats', 1); // a later attempt: it ended the one for which it was a suspect
  expect(rowsOf(await admin.poison.report()).filter(([, turn]) => turn === 0)).toEqual([['b', 0, 1, 'running', null]]);
  await expect(admin.poison.report({ limit: 0 })).rejects.toThrow('limit must be a whole number from 1 to 1,000');
});
