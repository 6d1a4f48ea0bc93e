import { redisTest } from '@sluice/testing';
import { createRedisBackend } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { expectSameLayout, expectSameLayoutAtRandom } from './testing/compare-backends.ts';
import { expectSamePuts, expectSamePutsAtRandom, type PutStep } from './testing/compare-put.ts';
import { readKeyspace } from './testing/keyspace.ts';
import type { NewFlow, Operation } from './testing/operation.ts';
import { performOperation } from './testing/perform-operation.ts';
import { Side } from './testing/side.ts';

const test = redisTest.extend('client', async ({ redis }, { onCleanup }) => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
  onCleanup(() => void vi.useRealTimers());
  return redis.client({ maxRetriesPerRequest: null });
});

const job = { name: 'n1', data: { n: 1 }, opts: {} };
const add = (opts: object): Operation => ({ do: 'add', queue: 0, job: { ...job, opts } });
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
  ['a bulk on a paused queue', [pause, { do: 'addBulk', queue: 0, jobs: [job, job] }]],
  ['an add at the global limit', [{ do: 'limitConcurrency', queue: 0, slots: 1 }, add({}), take, wake, add({})]],
  ['adds after everything was obliterated', [add({}), { do: 'obliterate', queue: 0 }, add({})]],
  [
    'a flow whose children are done already',
    [add({ jobId: 'c1' }), work('completed'), wake, { do: 'addFlow', flow: flow('p1', ['c1']) }],
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

const put = (...ids: string[]): PutStep => ({ do: 'put', ids, options: {} });
const putCases: [string, (Operation | PutStep)[]][] = [
  ['several jobs', [put('a', 'b', 'c')]],
  ['an id again, alone and in a batch', [put('a'), put('a'), put('b', 'b', 'a')]],
  ['on a paused queue', [pause, put('a')]],
  ['at the global limit', [{ do: 'limitConcurrency', queue: 0, slots: 1 }, put('a'), take, wake, put('b')]],
  ['after everything was obliterated', [put('a'), { do: 'obliterate', queue: 0 }, put('b')]],
];

describe('the bounded backend beside BullMQ’s own (I7)', () => {
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
