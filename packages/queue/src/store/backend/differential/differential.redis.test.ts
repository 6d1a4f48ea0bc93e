import { redisTest } from '@sluice/testing/vitest';
import { createRedisBackend } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { RedisClock } from '../../connection/redis-clock.ts';
import { expectSameLayout, expectSameLayoutAtRandom } from './testing/compare-backends.ts';
import { expectSamePool, expectSamePoolAtRandom } from './testing/compare-pool.ts';
import { expectSamePuts, expectSamePutsAtRandom, type PutStep } from './testing/compare-put.ts';
import { readKeyspace } from './testing/keyspace.ts';
import type { NewFlow, Operation } from './testing/operation.ts';
import { performOperation } from './testing/perform-operation.ts';
import type { PoolStep } from './testing/pool-step.ts';
import { Side } from './testing/side.ts';

const test = redisTest.extend('client', async ({ redis }, { onCleanup }) => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  const clock = vi.spyOn(RedisClock.prototype, 'nowMs').mockImplementation(() => Date.now());
  onCleanup(() => {
    vi.useRealTimers();
    clock.mockRestore();
  });
  return redis.client({ maxRetriesPerRequest: null });
});

const job = { name: 'n1', data: { n: 1 }, opts: {} };
const add = (opts: object): Operation => ({ do: 'add', queue: 0, job: { ...job, opts } });
const bulk = (...opts: object[]): Operation => ({
  do: 'addBulk',
  queue: 0,
  jobs: opts.map((each) => ({ ...job, opts: each })),
});
const together = (...opts: object[]): Operation => ({
  do: 'addTogether',
  queue: 0,
  jobs: opts.map((each) => ({ ...job, opts: each })),
});
const work = (end: 'completed' | 'failed'): Operation => ({ do: 'work', queue: 0, end });
const take: Operation = { do: 'take', queue: 0 };
const wake: Operation = { do: 'wake', queue: 0 };
const pause: Operation = { do: 'pause', queue: 0 };
const flow = (id: string, children: string[]): NewFlow => ({
  queue: 0,
  job: { ...job, opts: { jobId: id } },
  children: children.map((child) => flow(child, [])),
});

/** What random sequences meet too seldom. */
const cases: [string, Operation[]][] = [
  ['an id that repeats', [add({ jobId: 'a' }), add({ jobId: 'a' }), add({})]],
  ['an id that repeats within a bulk', [{ do: 'addBulk', queue: 0, jobs: [job, job].map(withId('a')) }]],
  [
    'a bulk that replaces a delayed job, and has its id again',
    [
      add({ jobId: 'b', delay: 500, deduplication: { id: 'd' } }),
      bulk({ deduplication: { id: 'd', replace: true } }, { jobId: 'b' }, { jobId: 'b' }),
    ],
  ],
  [
    'a bulk that replaces a delayed job by one whose id repeats',
    [
      add({ delay: 500, deduplication: { id: 'd' } }),
      bulk({ jobId: 'x', deduplication: { id: 'd', replace: true } }, { jobId: 'x' }),
    ],
  ],
  [
    'a bulk that replaces a delayed job of its own',
    [
      bulk(
        { jobId: 'a', delay: 500, deduplication: { id: 'd' } },
        { jobId: 'b', delay: 500, deduplication: { id: 'd', replace: true } },
        { jobId: 'c', deduplication: { id: 'd', replace: true } },
        { jobId: 'a' },
        { jobId: 'b' },
        { jobId: 'c' },
      ),
    ],
  ],
  [
    'a bulk that would replace a job that is not delayed',
    [
      add({ jobId: 'a', deduplication: { id: 'd' } }),
      bulk({ jobId: 'b', deduplication: { id: 'd', replace: true } }, { jobId: 'a' }, { jobId: 'b' }),
    ],
  ],
  [
    'adds of one turn, with ids that repeat',
    [add({ jobId: 'b' }), together({}, { jobId: 'a' }, { jobId: 'a' }, { jobId: 'b' }, {})],
  ],
  [
    'adds of one turn whose options differ',
    [together({}, { attempts: 3 }, { attempts: 3 }, { backoff: 0, keepLogs: 5 }, {})],
  ],
  [
    'adds of one turn of every kind',
    [
      together(
        {},
        { delay: 500 },
        { priority: 2 },
        { lifo: true },
        {},
        { deduplication: { id: 'd' } },
        { deduplication: { id: 'd' } },
      ),
    ],
  ],
  [
    'adds of one turn that replace a delayed job',
    [
      add({ jobId: 'b', delay: 500, deduplication: { id: 'd' } }),
      together({ deduplication: { id: 'd', replace: true } }, { jobId: 'b' }, { jobId: 'b' }),
    ],
  ],
  ['adds of one turn on a paused queue', [pause, together({}, {})]],
  [
    'adds of one turn at the global limit',
    [{ do: 'limitConcurrency', queue: 0, slots: 1 }, add({}), take, wake, together({}, {})],
  ],
  ['adds of one turn after everything was obliterated', [add({}), { do: 'obliterate', queue: 0 }, together({}, {})]],
  ['a bulk on a paused queue', [pause, { do: 'addBulk', queue: 0, jobs: [job, job] }]],
  ['an add at the global limit', [{ do: 'limitConcurrency', queue: 0, slots: 1 }, add({}), take, wake, add({})]],
  ['adds after everything was obliterated', [add({}), { do: 'obliterate', queue: 0 }, add({})]],
  [
    'a flow whose children are done already',
    [add({ jobId: 'c1' }), work('completed'), wake, { do: 'addFlow', flow: flow('p1', ['c1']) }],
  ],
  [
    // BullMQ's drain takes the iteration of the job scheduler off the list in place of the job whose hash it deletes.
    'a child of what a take leaves of a job that was drained',
    [
      { do: 'schedule', queue: 0, id: 's1', repeat: { every: 1_000 }, job },
      add({ jobId: 'p1', lifo: true }),
      { do: 'drain', queue: 0, delayed: false },
      take,
      { do: 'addFlow', flow: flow('p1', ['c1']) },
      add({ jobId: 'c2' }),
      { do: 'addChild', queue: 0, parent: 1, job: { ...job, opts: { jobId: 'c3' } } },
    ],
  ],
  [
    'the retry of a job that nobody waits for',
    [add({}), work('failed'), wake, { do: 'retry', job: 0, state: 'failed', reset: false }],
  ],
  [
    'the retry of all failed jobs',
    [add({}), work('failed'), wake, { do: 'retryJobs', queue: 0, state: 'failed', count: 10 }],
  ],
  [
    'a job scheduler that is set anew',
    [
      { do: 'schedule', queue: 0, id: 's1', repeat: { every: 60_000 }, job },
      { do: 'schedule', queue: 0, id: 's1', repeat: { every: 1_000 }, job: { ...job, data: { n: 2 } } },
      take,
    ],
  ],
];

const put = (...ids: string[]): PutStep => ({ do: 'put', ids, options: {}, how: 'together' });
const putEach = (...ids: string[]): PutStep => ({ ...put(...ids), how: 'one-by-one' });
const putCases: [string, (Operation | PutStep)[]][] = [
  ['several jobs', [put('a', 'b', 'c')]],
  ['an id again, alone and in a batch', [put('a'), put('a'), put('b', 'b', 'a')]],
  ['on a paused queue', [pause, put('a')]],
  ['at the global limit', [{ do: 'limitConcurrency', queue: 0, slots: 1 }, put('a'), take, wake, put('b')]],
  ['after everything was obliterated', [put('a'), { do: 'obliterate', queue: 0 }, put('b')]],
  ['one by one', [putEach('a', 'b', 'a', 'c'), take, wake, putEach('d')]],
  ['one by one, between others', [add({}), putEach('a'), add({ priority: 1 }), putEach('b'), add({}), take, take]],
];

const batch = (take: number, ...completed: number[]): PoolStep => ({ do: 'batch', completed, take, late: false });
const adds = (count: number, opts: object = {}): Operation[] => Array.from({ length: count }, () => add(opts));
const passes = (ms: number): Operation => ({ do: 'letTimePass', ms });

/** What a pool meets, one by one. */
const poolCases: [string, (Operation | PoolStep)[]][] = [
  ['takes a job after it was woken', [...adds(2), wake, batch(1)]],
  ['completes a job that a sweep had marked', [...adds(2), batch(2), { do: 'poolMark' }, batch(0, 0)]],
  ['takes several jobs, the last of them', [...adds(3), batch(2), batch(2), batch(1)]],
  [
    'takes urgent jobs after the others',
    [...adds(2, { priority: 2 }), add({ priority: 1 }), add({}), batch(3), batch(3)],
  ],
  ['completes several jobs and takes others', [...adds(5), batch(3), batch(2, 0, 2), batch(0, 0, 1, 2)]],
  ['completes the last job without taking', [add({}), batch(1), batch(0, 0)]],
  ['completes the last job and finds nothing', [add({}), batch(1), batch(2, 0)]],
  ['finds nothing but a job that is due later', [add({}), add({ delay: 500 }), batch(1), batch(1, 0)]],
  ['completes without taking what is left, unannounced', [...adds(3), batch(1), wake, batch(0, 0)]],
  ['keeps only so many completed jobs', [...adds(8), batch(4), batch(4, 0, 1, 2, 3), batch(0, 0, 1, 2, 3)]],
  ['keeps completed jobs only so long', [...adds(3), batch(2), batch(0, 0, 1), passes(61_000), batch(1), batch(0, 0)]],
  [
    'takes delayed jobs that are due',
    [...adds(2, { delay: 500 }), add({ delay: 1, priority: 2 }), passes(600), batch(3)],
  ],
  ['comes to a paused queue', [...adds(2), batch(1), pause, batch(1, 0), batch(1)]],
  [
    'comes to the global limit',
    [{ do: 'limitConcurrency', queue: 0, slots: 1 }, ...adds(3), batch(2), wake, batch(0, 0), batch(1)],
  ],
  [
    'settles what is no longer its own',
    [...adds(2), batch(2), { do: 'loseLock', job: 0, toAnother: true }, batch(0, 0, 1)],
  ],
  [
    'settles a job whose lock is gone',
    [...adds(2), batch(2), { do: 'loseLock', job: 0, toAnother: false }, batch(0, 0, 1)],
  ],
  ['settles a job twice', [...adds(2), batch(2), { do: 'batch', completed: [0], take: 0, late: true }, batch(0, 0, 1)]],
  [
    'releases what it had completed, when that runs again',
    [
      ...adds(3),
      batch(2),
      { do: 'batch', completed: [0], take: 1, late: true },
      { do: 'retryJobs', queue: 0, state: 'completed', count: 1 },
      batch(1, 2),
      { do: 'poolRelease', job: 0, delayMs: 0 },
    ],
  ],
  [
    'settles a child, then its parent',
    [{ do: 'addFlow', flow: flow('p1', ['c1', 'c2']) }, batch(2), batch(2, 0, 1), batch(0, 0)],
  ],
  [
    'settles a job that got a child while it ran',
    [
      add({ jobId: 'p1' }),
      batch(1),
      { do: 'addChild', queue: 0, parent: 0, job: { ...job, opts: { jobId: 'c1' } } },
      batch(1, 0),
    ],
  ],
  [
    'settles a child, then its parent, whose retention is its own',
    [
      add({ removeOnComplete: true }),
      batch(1),
      { do: 'poolRetry', job: 0, delayMs: 1 },
      { do: 'addChild', queue: 0, parent: 0, job: { ...job, opts: { jobId: 'c1' } } },
      batch(2),
      batch(0, 0, 1),
    ],
  ],
  [
    'settles the owner of a deduplication',
    [add({ deduplication: { id: 'd1' } }), batch(1), batch(1, 0), add({ deduplication: { id: 'd1' } })],
  ],
  [
    'dead-letters an iteration of a job scheduler',
    [{ do: 'schedule', queue: 0, id: 's1', repeat: { every: 1_000 }, job }, batch(1), { do: 'poolFail', job: 0 }],
  ],
  [
    'takes a job whose id stands in the queue twice',
    [
      add({ deduplication: { id: 'd1' } }),
      batch(1),
      bulk({ jobId: 'x', deduplication: { id: 'd1', keepLastIfActive: true } }, { jobId: 'x' }),
      batch(0, 0),
      batch(2),
    ],
  ],
  [
    'takes and ends the iterations of a job scheduler',
    [
      { do: 'schedule', queue: 0, id: 's1', repeat: { every: 1_000 }, job },
      batch(1),
      passes(1_000),
      batch(1, 0),
      batch(0, 0),
    ],
  ],
];

describe('the bounded backend compared with BullMQ’s own (I7)', () => {
  test('leaves the same keys after any sequence of operations', async ({ client, prefix }) => {
    await expectSameLayoutAtRandom({ client, prefix, numRuns: 40, maxLength: 40, withinMs: 15_000 });
  });

  test('compares all that an add leaves', async ({ client, prefix }) => {
    const side = new Side({ client, prefix, factory: createRedisBackend });
    await side.ready();
    await performOperation(side, add({ jobId: 'a' }));
    await side.close();
    const names = ['a', 'events', 'id', 'marker', 'meta', 'wait'].map((name) => `<prefix>:q:${name}`);
    expect(Object.keys(await readKeyspace(client, prefix))).toEqual([...names, '<prefix>:r:meta']);
  });

  test.for(cases)('leaves the same keys after %s', async ([, sequence], { client, prefix }) => {
    await expectSameLayout(client, prefix, sequence);
  });

  test.for(putCases)(
    'leaves what BullMQ’s Queue.add leaves when Sluice’s producer puts %s',
    async ([, sequence], { client, redis, prefix }) => {
      await expectSamePuts({ url: redis.url, client }, prefix, sequence);
    },
  );

  test.for(poolCases)('leaves what BullMQ leaves when the pool %s', async ([, sequence], { client, redis, prefix }) => {
    await expectSamePool({ url: redis.url, client }, prefix, sequence);
  });

  test('leaves what BullMQ leaves when the pool works between other operations', async ({ client, redis, prefix }) => {
    await expectSamePoolAtRandom({ url: redis.url, client }, prefix, { numRuns: 40, withinMs: 15_000 });
  });

  test('leaves what BullMQ’s Queue.add leaves when Sluice’s producer puts between other operations', async ({
    client,
    redis,
    prefix,
  }) => {
    await expectSamePutsAtRandom({ url: redis.url, client }, prefix, { numRuns: 25, withinMs: 15_000 });
  });
});

function withId(jobId: string) {
  return (given: typeof job) => ({ ...given, opts: { jobId } });
}
