import { QueueEvents } from 'bullmq';
import { describe, expect } from 'vitest';
import { JobFailedError } from '../job/errors/index.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { dropTest as test, putAll } from './testing/drop-test.ts';

describe('a dropped job', () => {
  test('is dead for all who ask, with its reason', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c', 'd']);
    const error = { code: 'SLUICE_JOB_DROPPED', message: expect.stringContaining('drop-oldest') };
    expect(await producer.outcome('a')).toEqual({ outcome: 'dead', error, attempts: 0 });
    await expect(producer.result('a')).rejects.toThrow(JobFailedError);
    expect(await producer.find('a')).toMatchObject({ state: 'dead', failure: error, startedAt: null });
  });

  test('wakes those who wait for its result', async ({ producer }) => {
    await putAll(producer, ['a', 'b', 'c']);
    const ended = producer.outcome('a', { waitMs: 20_000 });
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 3 });
    await putAll(producer, ['d']);
    expect(await ended).toMatchObject({ outcome: 'dead' });
  });

  test('is a failed job to BullMQ, which can retry it', async ({ producer, plain, redis }) => {
    const events = new QueueEvents(plain.name, { connection: connectionOf(redis.url), lastEventId: '0-0' });
    await events.waitUntilReady();
    const seen: unknown[] = [];
    events.on('failed', (event) => seen.push(event));
    await putAll(producer, ['a', 'b', 'c', 'd']);
    const [dead] = await plain.getFailed();
    const failedReason = expect.stringContaining('dropped');
    expect(dead).toMatchObject({ id: 'k.a', failedReason, stacktrace: [], attemptsMade: 0 });
    expect(dead?.finishedOn).toBeGreaterThan(Date.now() - 60_000);
    await expect.poll(() => seen).toEqual([{ jobId: 'k.a', failedReason, prev: 'waiting' }]);
    await dead?.retry('failed');
    expect(await dead?.getState()).toBe('waiting');
    await events.close();
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { count: 2 } } });

    test('by number', async ({ producer, plain }) => {
      await putAll(producer, ['a', 'b', 'c', 'd', 'e', 'f']);
      expect((await plain.getFailed()).map(({ id }) => id).toSorted()).toEqual(['k.b', 'k.c']);
      expect(await producer.find('a')).toBeNull();
    });

    test('and no longer than it is dead', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c']);
      await client.zadd(plain.toKey('failed'), 1, 'k.c', 1, 'k.b'); // left over from jobs of these ids before
      await putAll(producer, ['d']);
      expect(await plain.getFailed()).toMatchObject([{ id: 'k.a' }]);
      expect(await producer.find('b')).toMatchObject({ state: 'waiting' });
    });

    test('but children are left to BullMQ, which notifies their parents', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      await client.hset(plain.toKey('k.a'), 'parentKey', 'bull:parents:p');
      await putAll(producer, ['e', 'f', 'g', 'h']);
      expect((await plain.getFailed()).map(({ id }) => id).toSorted()).toEqual(['k.a', 'k.d', 'k.e']);
    });
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { ageMs: 60_000 } } });

    test('by age', async ({ producer, plain, client }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      await client.zadd(plain.toKey('failed'), Date.now() - 61_000, 'k.a');
      await putAll(producer, ['e']);
      expect((await plain.getFailed()).map(({ id }) => id)).toEqual(['k.b']);
      expect(await producer.find('a')).toBeNull();
    });
  });

  describe('is kept as long as the queue keeps dead jobs', () => {
    test.override({ settings: { keepDead: { count: 0 } } });

    test('which may be not at all', async ({ producer, plain }) => {
      await putAll(producer, ['a', 'b', 'c', 'd']);
      expect(await producer.find('a')).toBeNull();
      expect(await producer.stats()).toMatchObject({ depth: 3, dead: 0, dropped: 1 });
      expect(await plain.getFailed()).toEqual([]);
    });
  });
});
