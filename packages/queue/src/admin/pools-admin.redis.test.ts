import { hostname } from 'node:os';
import { expect, vi } from 'vitest';
import { ownTest as test } from '../pool/testing/own-test.ts';
import { OptionError } from '../job/errors/index.ts';
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
  await queue.client.hset(queue.key('plain'), {
    name: 'own',
    pb: 'worker-7',
    ats: '1',
    processedOn: '5',
    opts: '{"sluice":{"t":7000}}',
  });

  const { pools, elsewhere, poolsTotal, runningLooked } = await admin.pools.list();
  const same = {
    kind: 'pool',
    host: hostname(),
    pid: process.pid,
    state: 'running',
    contracts: [{ name: 'own', version: 1, timeoutMs: expect.any(Number) }],
  };
  expect(pools).toMatchObject([
    { about: { ...same, name: 'another', slots: 3, version: expect.stringMatching(/^\d+\.\d+\.\d+/) }, running: [] },
    { about: { ...same, name: 'first', slots: 1 }, running: [{ id, job: 'own', timeoutMs: expect.any(Number) }] },
  ]);
  expect(pools[1]?.about?.startedAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(pools[1]?.running[0]?.startedAt).toBeGreaterThanOrEqual(before - 1_000);
  expect(elsewhere).toEqual([{ id: 'plain', job: 'own', startedAt: 5, timeoutMs: 7_000, worker: 'worker-7' }]);
  expect([poolsTotal, runningLooked]).toEqual([2, 2]);

  await vi.waitFor(async () =>
    expect((await admin.pools.list()).pools.map(({ about }) => about?.load)).toMatchObject([
      { abandoned: 0, lateRenewals: 0 },
      { abandoned: 0, lateRenewals: 0, loopLagMs: expect.any(Number) },
    ]),
  );
  const drained = first.drain();
  await vi.waitFor(async () => expect((await admin.pools.list()).pools[1]?.about?.state).toBe('draining'));
  gate.resolve('done');
  await drained;
  expect((await admin.pools.list()).pools.map(({ about }) => about?.name)).toEqual(['another']);
});

test('the slots of pools are set while they run, and each confirms it or is reported', async ({ redis, own }) => {
  const queue = own();
  await using admin = await connectAdmin(queue.queue, { redis: redis.url });
  const gate = Promise.withResolvers<string>();
  let running = 0;
  const handle = (): Promise<string> => ((running += 1), gate.promise);
  const { pool } = await queue.serve(handle, { name: 'first', concurrency: 1 });
  for (let n = 0; n < 4; n += 1) await queue.add();
  await vi.waitFor(() => expect(running).toBe(1));
  const grown = await admin.pools.setConcurrency(3);
  expect([grown.confirmed.map(({ about }) => about?.name), grown.unconfirmed]).toEqual([['first'], []]);
  await vi.waitFor(() => expect(running).toBe(3));
  expect(pool.health()).toMatchObject({ slots: 3, busy: 3 });
  // A pool that gave a sign of life a moment ago, and does not answer.
  await queue.client.zadd(queue.key('sluice:pools'), Date.now() + 60_000, 'silent');
  const shrunk = await admin.pools.setConcurrency(2, { waitMs: 1_500 });
  expect(shrunk.confirmed.map(({ about }) => about?.name)).toEqual(['first']);
  expect(shrunk.unconfirmed).toMatchObject([{ id: 'silent', about: null }]);
  expect(await queue.client.exists(queue.key('sluice:orders:silent'))).toBe(0);
  gate.resolve('done');
  await vi.waitFor(() => expect(pool.health()).toMatchObject({ slots: 2, busy: 0, completed: 4 }));
  await expect(admin.pools.setConcurrency(0)).rejects.toThrow(OptionError);
  await expect(admin.pools.setConcurrency(5, { pools: ['none'] })).rejects.toThrow('no pool of this queue has the id');
});

test('one pool is told to drain, and the others go on', async ({ redis, own }) => {
  const queue = own();
  await using admin = await connectAdmin(queue.queue, { redis: redis.url });
  const { pool: first } = await queue.serve(() => 'done', { name: 'first' });
  const { pool: second } = await queue.serve(() => 'done', { name: 'second' });
  expect((await admin.pools.drain({ pools: ['first'] })).confirmed.map(({ about }) => about?.name)).toEqual(['first']);
  await vi.waitFor(() => expect(first.state).toBe('stopped'));
  await queue.add();
  await vi.waitFor(async () => expect(await queue.raw.getCompletedCount()).toBe(1));
  expect(second.state).toBe('running');
  expect((await admin.pools.list()).pools.map(({ about }) => about?.name)).toEqual(['second']);
});
