import { Worker } from 'bullmq';
import { flakyProxy, isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import type { WhenFull } from '../job/contracts/queue-policy.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import { dropTest as test, job, putAll, queueOf, refused } from './testing/drop-test.ts';

describe('drop-oldest', () => {
  test('adds as always while there is free capacity', async ({ producer }) => {
    expect(await producer.put(job, 0, { id: 'a' })).toMatchObject({ status: 'created', depth: 1 });
    expect(await producer.put(job, 0, { id: 'b' })).not.toHaveProperty('dropped');
  });

  test('replaces the job that would be taken next, and says whose', async ({ producer, plain }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const receipt = await producer.put(job, 0, { id: 'd' });
    expect(receipt).toMatchObject({ id: 'd', status: 'created', depth: 3, capacity: 3, waitedMs: 0, dropped: 'a' });
    expect(await producer.stats()).toMatchObject({ depth: 3, waiting: 3, dead: 1, dropped: 1 });
    expect((await plain.getWaiting()).map(({ id }) => id)).toEqual(['k.b', 'k.c', 'k.d']);
  });

  test('turns to prioritized jobs, the most urgent first, when no other waits', async ({ producer }) => {
    await producer.put(job, 0, { id: 'later', priority: 9 });
    await producer.put(job, 0, { id: 'soon', priority: 2 });
    await producer.put(job, 0, { id: 'next' });
    expect(await producer.put(job, 0, { priority: 5 })).toMatchObject({ dropped: 'next' });
    expect(await producer.put(job, 0, { priority: 5 })).toMatchObject({ dropped: 'soon' });
  });

  test('never drops a job that runs or is delayed', async ({ producer, plain, redis, queueName }) => {
    await putAll(producer, ['delayed'], { delayMs: 60_000 });
    await putAll(producer, ['runs']);
    const running = Promise.withResolvers<null>();
    const worker = new Worker(`{${queueName}}`, () => running.promise, { connection: connectionOf(redis.url) });
    await expect.poll(() => producer.stats()).toMatchObject({ active: 1, delayed: 1 });
    await putAll(producer, ['waits']);
    expect(await producer.put(job, 0, { delayMs: 60_000 })).toMatchObject({ dropped: 'waits', depth: 3 });
    await expect(producer.put(job, 0)).rejects.toMatchObject({ ...refused, depth: 3, capacity: 3 });
    expect(await plain.getJobState('k.delayed')).toBe('delayed');
    running.resolve(null);
    await worker.close();
  });

  test('keeps the last jobs of a long putMany, however it is batched', async ({ producer, plain }) => {
    const ids = Array.from({ length: 250 }, (_, n) => `n${n}`);
    const dropped: (string | undefined)[] = [];
    for await (const receipt of producer.putMany(job, ids.keys(), { id: (n) => `n${n}` })) {
      expect(receipt.depth).toBeLessThanOrEqual(3);
      dropped.push(receipt.dropped);
    }
    expect(dropped).toEqual([undefined, undefined, undefined, ...ids.slice(0, -3)]);
    expect((await plain.getWaiting()).map(({ id }) => id)).toEqual(['k.n247', 'k.n248', 'k.n249']);
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 247 });
  });

  test('answers an id that is in, or was dropped, as a duplicate and drops nothing', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c', 'd']);
    expect(await producer.put(job, 0, { id: 'b' })).toMatchObject({ status: 'duplicate', depth: 3 });
    expect(await producer.put(job, 0, { id: 'a' })).toMatchObject({ status: 'duplicate', depth: 3 });
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 1 });
  });

  test('drops nothing in a sealed queue', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await producer.seal();
    await expect(producer.put(job, 0)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_CLOSED' });
    expect(await producer.stats()).toMatchObject({ depth: 3, dead: 0 });
  });

  test('changes one for one while the queue is over its capacity', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await producer.setCapacity(1);
    expect(await producer.put(job, 0)).toMatchObject({ depth: 3, dropped: 'a' });
    expect(await producer.stats()).toMatchObject({ depth: 3, over: 2 });
  });
});

describe('drop-lowest-priority', () => {
  test.override({ settings: { whenFull: 'drop-lowest-priority' } });

  test('drops the longest there of the least urgent', async ({ producer }) => {
    await putAll(producer, ['old', 'young'], { priority: 7 });
    await putAll(producer, ['urgent'], { priority: 2 });
    expect(await producer.put(job, 0, { priority: 3 })).toMatchObject({ dropped: 'old' });
    expect(await producer.put(job, 0)).toMatchObject({ dropped: 'young' });
  });

  test('refuses a job that is no more urgent than all that wait', async ({ producer }) => {
    await putAll(producer, ['plain']);
    await putAll(producer, ['a', 'b'], { priority: 4 });
    await expect(producer.put(job, 0, { priority: 4 })).rejects.toMatchObject(refused);
    await expect(producer.put(job, 0, { priority: 5 })).rejects.toMatchObject(refused);
    expect(await producer.put(job, 0, { priority: 3 })).toMatchObject({ dropped: 'a' });
  });

  test('never drops a job without a priority', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await expect(producer.put(job, 0)).rejects.toMatchObject(refused);
    await expect(producer.put(job, 0, { priority: 1 })).rejects.toMatchObject(refused);
  });

  test('goes from one priority to the next when many of one are protected', async ({ producer, plain, client }) => {
    await producer.setCapacity(22);
    await plain.addBulk(
      Array.from({ length: 20 }, (_, n) => ({ name: 'job', data: 0, opts: { jobId: `s${n}`, priority: 2_000_000 } })),
    );
    for (let n = 0; n < 20; n += 1) await client.hset(plain.toKey(`s${n}`), 'ats', 1);
    await putAll(producer, ['a', 'b'], { priority: 50 });
    expect(await producer.put(job, 0, { priority: 49 })).toMatchObject({ dropped: 'a' });
  });
});

describe('a put may bring a policy of its own', () => {
  test.override({ settings: { whenFull: 'wait' } });

  test('while the queue has another policy for other puts', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    await expect(producer.put(job, 0, { whenFull: 'reject' })).rejects.toMatchObject({ reason: 'capacity' });
    expect(await producer.put(job, 0, { whenFull: 'drop-oldest' })).toMatchObject({ dropped: 'a' });
    await expect(producer.tryPut(job, 0)).rejects.toMatchObject({ reason: 'capacity' });
  });

  test('one that is none is refused before anything is sent', async ({ producer }) => {
    const whenFull = 'drop-newest' as WhenFull;
    await expect(producer.put(job, 0, { whenFull })).rejects.toMatchObject({ code: 'SLUICE_PUT_OPTION' });
  });

  test('through gather and map, too', async ({ producer, redis, queueName }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const both = producer.gather([[job, 1]], { whenFull: 'drop-oldest' });
    const mapped = producer.map(job, [2], { whenFull: 'drop-oldest' }).next();
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 3, dead: 2 });
    const worker = new Worker(`{${queueName}}`, async () => null, { connection: connectionOf(redis.url) });
    expect(await both).toEqual([null]);
    expect(await mapped).toMatchObject({ value: { outcome: 'completed' } });
    await worker.close();
  });

  test('takes no capacity for which others wait, and keeps them no longer', async ({
    producer,
    redis,
    queueName,
    plain,
  }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const waiting = producer.put(job, 0, { id: 'waits' });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    await using other = await connectProducer(queueOf(queueName, { whenFull: 'drop-oldest' }), { redis: redis.url });
    expect(await other.put(job, 0, { id: 'pushy' })).toMatchObject({ dropped: 'a', depth: 3 });
    expect(await producer.put(job, 0, { whenFull: 'drop-oldest' })).toMatchObject({ dropped: 'b', waitedMs: 0 });
    await expect(producer.find('waits')).resolves.toBeNull();
    await plain.remove('k.c');
    expect(await waiting).toMatchObject({ status: 'created', depth: 3 });
  });

  test('drops even when there is free capacity, while others wait for capacity', async ({
    producer,
    redis,
    queueName,
    client,
  }) => {
    await putAll(producer, ['a', 'b']);
    await producer.setCapacity(4);
    const base = `bull:{${queueName}}:sluice:`;
    await client.zadd(`${base}waiters`, 1, 'somebody:1'); // who will come for it within ten seconds
    await client.hset(`${base}tickets`, 'somebody:1', `1 ${Date.now() + 10_000}`);
    await using other = await connectProducer(queueOf(queueName), { redis: redis.url });
    expect(await other.put(job, 0)).toMatchObject({ dropped: 'a', depth: 2 });
    expect(await client.zcard(`${base}waiters`)).toBe(1);
  });
});

isolatedRedisTest('a put whose answer is lost drops one job (I6)', async ({ redis, queueName }) => {
  await using proxy = await flakyProxy(redis.url);
  await using producer = await connectProducer(queueOf(queueName), { redis: proxy.url });
  await putAll(producer, ['a', 'b', 'c']);
  const lost = proxy.dropNextReply('evalsha');
  expect(await producer.put(job, 0, { id: 'd' })).toMatchObject({ status: 'created', depth: 3, dropped: 'a' });
  await lost;
  expect(await producer.stats()).toMatchObject({ depth: 3, dead: 1 });
  expect(await producer.find('b')).toMatchObject({ state: 'waiting' });
});
