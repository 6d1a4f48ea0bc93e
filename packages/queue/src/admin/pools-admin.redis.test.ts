import { hostname } from 'node:os';
import { expect, vi } from 'vitest';
import { ownTest as test } from '../pool/testing/own-test.ts';
import { connectAdmin } from './connect-admin.ts';

test('the pools of a queue say what they are, and what they run since when', async ({ redis, own }) => {
  const queue = own();
  await using admin = await connectAdmin(queue.queue, { redis: redis.url });
  expect(await admin.pools.list()).toMatchObject({ pools: [], elsewhere: [], runningTotal: 0 });
  const gate = Promise.withResolvers<string>();
  const before = Date.now();
  const { pool: first } = await queue.serve(() => gate.promise, { name: 'first', concurrency: 1 });
  const id = await queue.add();
  await vi.waitFor(async () => expect((await admin.pools.list()).runningTotal).toBe(1));
  await queue.serve(() => gate.promise, { name: 'another', concurrency: 3 });
  // A plain Worker of BullMQ has this one.
  await queue.client.lpush(queue.key('active'), 'plain');
  await queue.client.hset(queue.key('plain'), { name: 'own', pb: 'worker-7', ats: '1', processedOn: '5' });

  const { pools, elsewhere, poolsTotal, runningLooked } = await admin.pools.list();
  const same = {
    kind: 'pool',
    host: hostname(),
    pid: process.pid,
    state: 'running',
    contracts: [{ name: 'own', version: 1 }],
  };
  expect(pools).toMatchObject([
    { about: { ...same, name: 'another', slots: 3, version: expect.stringMatching(/^\d+\.\d+\.\d+/) }, running: [] },
    { about: { ...same, name: 'first', slots: 1 }, running: [{ id, job: 'own' }] },
  ]);
  expect(pools[1]?.about?.startedAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(pools[1]?.running[0]?.startedAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(elsewhere).toEqual([{ id: 'plain', job: 'own', startedAt: 5, worker: 'worker-7' }]);
  expect([poolsTotal, runningLooked]).toEqual([2, 2]);

  const drained = first.drain();
  await vi.waitFor(async () => expect((await admin.pools.list()).pools[1]?.about?.state).toBe('draining'));
  gate.resolve('done');
  await drained;
  expect((await admin.pools.list()).pools.map(({ about }) => about?.name)).toEqual(['another']);
});
