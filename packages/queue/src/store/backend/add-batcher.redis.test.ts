import { Queue } from 'bullmq';
import { flakyProxy, isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { JobIdInvalidError, QueueClosedError, QueueFullError } from '../../job/errors/index.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { createBoundedBackend } from './create-bounded-backend.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const test = redisTest.extend<{
  capacity: number;
  queue: Queue;
  calls: () => number;
  waiting: () => Promise<string[]>;
}>({
  capacity: 1_000,
  queue: async ({ redis, queueName, prefix, capacity }, use) => {
    const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const queue = new Queue(queueName, options, createBoundedBackend({ capacity }));
    await queue.drain(); // connects, and claims its capacity
    await use(queue);
    await queue.close();
  },
  /** How many scripts of ours were run since the test began. */
  calls: async ({ queue }, use) => {
    await queue.waitUntilReady();
    const run = vi.spyOn(RedisScript.prototype, 'run');
    await use(() => run.mock.calls.length);
    run.mockRestore();
  },
  /** The names of the jobs that wait, in the order in which they will run. */
  waiting: async ({ queue }, use) => use(async () => (await queue.getWaiting()).map(({ name }) => name)),
});

const sealed = (redis: { hset: (key: string, field: string, value: string) => Promise<unknown> }, queue: Queue) =>
  redis.hset(`${queue.opts.prefix}:${queue.name}:meta`, 'sluice.sealed', '1');

describe('adds of one turn of the event loop', () => {
  test('travel in one call, and keep their order', async ({ queue, calls, waiting }) => {
    const jobs = await Promise.all(numbers(40).map((n) => queue.add(`n${n}`, { n })));
    expect(calls()).toBe(1);
    expect(jobs.map(({ id }) => id)).toEqual(numbers(40).map((n) => String(n + 1)));
    expect(await waiting()).toEqual(numbers(40).map((n) => `n${n}`));
  });

  test('travel in calls of 100 jobs and 1 MiB', async ({ queue, calls }) => {
    await Promise.all(numbers(250).map((n) => queue.add('small', { n })));
    expect(calls()).toBe(3);
    await Promise.all(numbers(5).map(() => queue.add('large', 'x'.repeat(300_000))));
    expect(calls()).toBe(5);
    expect(await queue.getWaitingCount()).toBe(255);
  });

  test('of every kind travel in one call', async ({ queue, calls }) => {
    const kinds = [
      {},
      { delay: 60_000 },
      { priority: 2 },
      { lifo: true },
      { jobId: 'own' },
      { deduplication: { id: 'd' } },
    ];
    await Promise.all(kinds.map((opts) => queue.add('n', {}, opts)));
    expect(calls()).toBe(1);
    expect(await queue.getJobCounts('wait', 'delayed', 'prioritized')).toMatchObject({
      wait: 4,
      delayed: 1,
      prioritized: 1,
    });
  });

  test('with one id: the second is the duplicate', async ({ queue }) => {
    const adds = ['first', 'second'].map((name) => queue.add(name, {}, { jobId: 'same' }));
    expect((await Promise.all(adds)).map(({ id }) => id)).toEqual(['same', 'same']);
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['first']);
    expect((await queue.add('third', {})).id).toBe('3'); // BullMQ counts duplicates
  });
});

describe('each add of a call is judged alone', () => {
  test.for([{}, { priority: 1 }])(
    'when there is capacity for some (%o)',
    async (opts, { redis, prefix, queueName }) => {
      const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
      const queue = new Queue(queueName, options, createBoundedBackend({ capacity: 3 }));
      await queue.add('known', {}, { jobId: 'known' });
      const late = { ...opts, jobId: 'known' };
      const adds = [opts, opts, opts, late, opts].map((each) => queue.add('n', {}, each));
      const ended = await Promise.allSettled(adds);
      await queue.close();
      expect(ended.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
      ]);
      const refusals = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as QueueFullError] : []));
      expect(new Set(refusals).size).toBe(2);
      for (const refusal of refusals) {
        expect(refusal).toBeInstanceOf(QueueFullError);
        expect(refusal).toMatchObject({ depth: 3, capacity: 3, reason: 'capacity', queue: queueName });
      }
    },
  );

  test('when one can never be added (B20)', async ({ queue, calls, waiting }) => {
    await queue.add('g0', {});
    const parent = { id: 'nobody', queue: queue.qualifiedName };
    const good = ['g1', 'g2', 'g3'].map((name) => queue.add(name, {}, name === 'g2' ? { lifo: true } : {}));
    const reserved = expect(queue.add('bad', {}, { jobId: 'meta' })).rejects.toThrow(JobIdInvalidError);
    const orphan = expect(queue.add('bad', {}, { parent })).rejects.toThrow('nobody');
    const notParent = expect(queue.add('bad', {}, { parent: { ...parent, id: 'wait' } })).rejects.toThrow('WRONGTYPE');
    const unstorable = expect(queue.add('bad', {}, { attempts: Infinity })).rejects.toThrow('serialise');
    await Promise.all([...good, reserved, orphan, notParent, unstorable]);
    expect(calls()).toBe(2);
    expect(await waiting()).toEqual(['g2', 'g0', 'g1', 'g3']);
  });

  test('when one of many plain ones cannot be stored (B20)', async ({ queue, calls, waiting }) => {
    const unstorable = expect(queue.add('bad', {}, { attempts: Infinity })).rejects.toThrow('serialise');
    await Promise.all([queue.add('g1', {}), unstorable, queue.add('g2', {})]);
    expect(calls()).toBe(1);
    expect(await waiting()).toEqual(['g1', 'g2']);
  });

  test('when BullMQ’s script fails at one whose id is put again (B20)', async ({ queue }) => {
    const broken = { jobId: 'x', deduplication: { id: 'd', ttl: 'soon' as unknown as number } };
    const failed = expect(queue.add('bad', {}, broken)).rejects.toThrow('ERR');
    const added = await queue.add('good', {}, { jobId: 'x' });
    await failed;
    expect(await queue.getJob(added.id ?? '')).toMatchObject({ name: 'good' });
    expect(await queue.getWaitingCount()).toBe(1);
  });

  test('when the queue is sealed: each has an error of its own', async ({ queue, redis }) => {
    await sealed(await redis.client(), queue);
    const ended = await Promise.allSettled(numbers(3).map(() => queue.add('n', {})));
    const reasons = ended.map((end) => (end.status === 'rejected' ? (end.reason as unknown) : undefined));
    for (const reason of reasons) expect(reason).toBeInstanceOf(QueueClosedError);
    expect(new Set(reasons).size).toBe(3);
  });
});

describe('what a queue is told in one turn is done in this order', () => {
  test('adds, bulks and what removes jobs', async ({ queue, waiting }) => {
    const told = [
      queue.add('a', {}),
      queue.addBulk([
        { name: 'b', data: {} },
        { name: 'c', data: {} },
      ]),
      ...numbers(60).map((n) => queue.add(`n${n}`, {})),
      queue.add('gone', {}, { jobId: 'gone' }),
      queue.remove('gone'),
      queue.add('z', {}, { delay: 0 }),
    ];
    const answers = await Promise.all<unknown>(told);
    expect(answers.at(-2)).toBe(1);
    expect(await waiting()).toEqual(['a', 'b', 'c', ...numbers(60).map((n) => `n${n}`), 'z']);
  });

  test('an add that is read at once is there', async ({ queue }) => {
    const added = queue.add('n', {}, { jobId: 'a' });
    expect(await queue.getJob('a')).toMatchObject({ name: 'n' });
    await added;
  });

  test('also before the queue is connected', async ({ redis, prefix, queueName }) => {
    const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const queue = new Queue(queueName, options, createBoundedBackend({ capacity: 10 }));
    const told = [queue.add('a', {}), queue.addBulk([{ name: 'b', data: {} }]), queue.add('c', {})];
    const count = queue.getWaitingCount();
    await Promise.all(told);
    const names = (await queue.getWaiting()).map(({ name }) => name);
    await queue.close();
    expect([await count, names]).toEqual([3, ['a', 'b', 'c']]);
  });

  test('adds are answered before a close that follows them', async ({ redis, prefix, queueName, queue }) => {
    const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const closing = new Queue(queueName, options, createBoundedBackend({ capacity: 1_000 }));
    await closing.add('a', {});
    const added = closing.add('b', {}).then(({ id }) => id);
    await Promise.all([closing.close(), expect(added).resolves.toBe('2')]);
    expect(await queue.getWaitingCount()).toBe(2);
  });
});

describe('when the connection breaks while adds are on their way', () => {
  const wireTest = isolatedRedisTest;

  wireTest(
    'they are sent again, as BullMQ’s own are: an id keeps one from being added twice',
    async ({ redis, queueName }) => {
      await using proxy = await flakyProxy(redis.url);
      const queue = new Queue(
        `{${queueName}}`,
        { connection: connectionOf(proxy.url) },
        createBoundedBackend({ capacity: 100 }),
      );
      queue.on('error', () => undefined);
      await queue.addBulk([{ name: 'warm-up', data: {} }]);
      await queue.add('warm-up', {}); // Redis knows the script from here on
      const dropped = proxy.dropNextReply('evalsha');
      const jobs = await Promise.all([{ jobId: 'a' }, {}, { jobId: 'b' }].map((opts) => queue.add('n', {}, opts)));
      await dropped;
      expect(jobs.map(({ id }) => id)).toEqual(['a', '7', 'b']);
      expect(await queue.getWaitingCount()).toBe(2 + 2 + 2);
      await queue.close();
    },
  );
});
