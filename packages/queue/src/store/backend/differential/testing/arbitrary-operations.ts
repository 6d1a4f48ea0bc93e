import type { JobsOptions } from 'bullmq';
import fc from 'fast-check';
import type { NewFlow, NewJob, Operation, QueueIndex } from './operation.ts';

/** A record without the null prototypes that fast-check mixes in: BullMQ never meets them, and a failure reads better. */
function plainRecord<T, K extends keyof T = keyof T>(
  model: { [P in keyof T]: fc.Arbitrary<T[P]> },
  constraints: fc.RecordConstraints<K> = {},
): fc.Arbitrary<fc.RecordValue<T, K>> {
  return fc.record<T, K>(model, { ...constraints, noNullPrototype: true });
}

const queue = fc.constantFrom<QueueIndex>(0, 1);
const pick = fc.nat({ max: 40 });
const delayMs = fc.constantFrom(0, 1, 500, 60_000);
const finished = fc.constantFrom<'failed' | 'completed'>('failed', 'completed');

/** Values that JSON, msgpack and cjson could each print in a way of their own. */
const data = fc.constantFrom<unknown>(
  {},
  [],
  { list: [], none: null, deep: { empty: {} } },
  1_795_341_313_556_123,
  -1.5e-9,
  1e21,
  '',
  'ü €😀 "\\\u0000',
  null,
  { ключ: [true, false, [0.1]] },
);

const keep = fc.constantFrom<NonNullable<JobsOptions['removeOnComplete']>>(true, 1, { count: 2 }, { age: 1 });

const deduplication = plainRecord(
  {
    id: fc.constantFrom('d1', 'd2'),
    // Long enough that Redis, whose clock is the real one, never ends it in the middle of a sequence.
    ttl: fc.constant(600_000),
    extend: fc.boolean(),
    replace: fc.boolean(),
    keepLastIfActive: fc.boolean(),
  },
  { requiredKeys: ['id'] },
);

const retryOptions = plainRecord(
  {
    attempts: fc.integer({ min: 0, max: 3 }),
    backoff: fc.constantFrom<NonNullable<JobsOptions['backoff']>>(500, { type: 'exponential', delay: 100 }, 0),
    removeOnComplete: keep,
    removeOnFail: keep,
    keepLogs: fc.constant(5),
    stackTraceLimit: fc.constantFrom(0, 2),
    sizeLimit: fc.constantFrom(5, 10_000, 10_000, 10_000, 10_000),
    timestamp: fc.constantFrom(1_700_000_000_000, 1),
  },
  { requiredKeys: [] },
);

const placeOptions = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: plainRecord({ delay: delayMs }) },
  { weight: 2, arbitrary: plainRecord({ priority: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: plainRecord({ lifo: fc.boolean() }) },
  { weight: 1, arbitrary: plainRecord({ delay: delayMs, priority: fc.integer({ min: 1, max: 3 }) }) },
);

/** Ids come from small sets, so that they repeat. A set per level of a flow: no job becomes its own ancestor. */
const singleId = fc.option(fc.constantFrom('a', 'b', 'x:y:z'), { nil: undefined, freq: 2 });
const rootId = fc.constantFrom('p1', 'p2', 'p3');
const middleId = fc.constantFrom('m1', 'm2', 'm3');
const leafId = fc.constantFrom('c1', 'c2', 'c3', 'c4');

const childPolicy = fc.constantFrom<JobsOptions>(
  {},
  {},
  { failParentOnFailure: true },
  { continueParentOnFailure: true },
  { ignoreDependencyOnFailure: true },
  { removeDependencyOnFailure: true },
);

function job(id: fc.Arbitrary<string | undefined>, extra: fc.Arbitrary<JobsOptions>): fc.Arbitrary<NewJob> {
  const opts = fc.tuple(placeOptions, fc.oneof(fc.constant({}), retryOptions), extra, id);
  return plainRecord({
    name: fc.constantFrom('n1', 'n2'),
    data,
    opts: opts.map(([place, retry, more, jobId]) => ({
      ...place,
      ...retry,
      ...more,
      ...(jobId === undefined ? {} : { jobId }),
    })),
  });
}

const single = job(
  singleId,
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: plainRecord({ deduplication }) as fc.Arbitrary<JobsOptions> },
  ),
);
const leaf: fc.Arbitrary<NewFlow> = plainRecord({ queue, job: job(leafId, childPolicy), children: fc.constant([]) });
const middle: fc.Arbitrary<NewFlow> = plainRecord({
  queue,
  job: job(middleId, childPolicy),
  children: fc.array(leaf, { maxLength: 2 }),
});
const flow: fc.Arbitrary<NewFlow> = plainRecord({
  queue,
  job: job(rootId, fc.constant({})),
  children: fc.array(fc.oneof(leaf, middle), { maxLength: 3 }),
});

const entering: fc.WeightedArbitrary<Operation>[] = [
  { weight: 10, arbitrary: plainRecord({ do: fc.constant('add' as const), queue, job: single }) },
  {
    weight: 6,
    arbitrary: plainRecord({
      do: fc.constant('addTogether' as const),
      queue,
      jobs: fc.array(single, { minLength: 2, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: plainRecord({
      do: fc.constant('addBulk' as const),
      queue,
      jobs: fc.array(single, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: plainRecord({ do: fc.constant('addFlow' as const), flow }) },
  {
    weight: 1,
    arbitrary: plainRecord({
      do: fc.constant('addFlows' as const),
      flows: fc.array(flow, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: plainRecord({
      do: fc.constant('addChild' as const),
      queue,
      parent: pick,
      job: job(leafId, childPolicy),
    }),
  },
  {
    weight: 2,
    arbitrary: plainRecord({
      do: fc.constant('schedule' as const),
      queue,
      id: fc.constantFrom('s1', 's2'),
      repeat: fc.constantFrom({ every: 1_000 }, { every: 60_000 }, { pattern: '*/5 * * * * *' }),
      job: job(fc.constant(undefined), fc.constant({})),
    }),
  },
  {
    weight: 1,
    arbitrary: plainRecord({ do: fc.constant('unschedule' as const), queue, id: fc.constantFrom('s1', 's2') }),
  },
];

const running: fc.WeightedArbitrary<Operation>[] = [
  { weight: 7, arbitrary: plainRecord({ do: fc.constant('take' as const), queue }) },
  {
    weight: 7,
    arbitrary: plainRecord({
      do: fc.constant('work' as const),
      queue,
      end: fc.constantFrom('completed' as const, 'failed' as const),
    }),
  },
  { weight: 4, arbitrary: plainRecord({ do: fc.constant('wake' as const), queue }) },
  { weight: 5, arbitrary: plainRecord({ do: fc.constant('complete' as const), taken: pick }) },
  { weight: 4, arbitrary: plainRecord({ do: fc.constant('fail' as const), taken: pick, forGood: fc.boolean() }) },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('giveBack' as const), taken: pick }) },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('postpone' as const), taken: pick, delayMs }) },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('awaitChildren' as const), taken: pick }) },
];

const changing: fc.WeightedArbitrary<Operation>[] = [
  {
    weight: 2,
    arbitrary: plainRecord({ do: fc.constant('retry' as const), job: pick, state: finished, reset: fc.boolean() }),
  },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('promote' as const), job: pick }) },
  {
    weight: 1,
    arbitrary: plainRecord({
      do: fc.constant('changePriority' as const),
      job: pick,
      priority: fc.integer({ min: 0, max: 3 }),
      lifo: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('changeDelay' as const), job: pick, delayMs }) },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('updateData' as const), job: pick, data }) },
  { weight: 2, arbitrary: plainRecord({ do: fc.constant('remove' as const), job: pick, withChildren: fc.boolean() }) },
];

const queueWide: fc.WeightedArbitrary<Operation>[] = [
  { weight: 2, arbitrary: plainRecord({ do: fc.constantFrom('pause' as const, 'resume' as const), queue }) },
  {
    weight: 1,
    arbitrary: plainRecord({ do: fc.constant('limitConcurrency' as const), queue, slots: fc.constantFrom(1, 2, 100) }),
  },
  {
    weight: 2,
    arbitrary: plainRecord({
      do: fc.constant('retryJobs' as const),
      queue,
      state: finished,
      count: fc.constantFrom(1, 1_000),
    }),
  },
  {
    weight: 1,
    arbitrary: plainRecord({ do: fc.constant('promoteJobs' as const), queue, count: fc.constantFrom(1, 1_000) }),
  },
  { weight: 1, arbitrary: plainRecord({ do: fc.constant('drain' as const), queue, delayed: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: plainRecord({
      do: fc.constant('clean' as const),
      queue,
      state: fc.constantFrom('completed', 'failed', 'wait', 'delayed', 'prioritized', 'active'),
      limit: fc.constantFrom(0, 1),
    }),
  },
  { weight: 0.5, arbitrary: plainRecord({ do: fc.constant('obliterate' as const), queue }) },
  {
    weight: 3,
    arbitrary: plainRecord({ do: fc.constant('letTimePass' as const), ms: fc.constantFrom(1, 600, 2_000, 61_000) }),
  },
].map(({ weight, arbitrary }) => ({ weight: Math.round(weight * 10), arbitrary })) as fc.WeightedArbitrary<Operation>[];

const tenfold = (choices: fc.WeightedArbitrary<Operation>[]): fc.WeightedArbitrary<Operation>[] =>
  choices.map(({ weight, arbitrary }) => ({ weight: weight * 10, arbitrary }));

/** Sequences of operations, most of them adds, takes and settles. */
export function operations(maxLength: number): fc.Arbitrary<Operation[]> {
  const operation = fc.oneof(...tenfold([...entering, ...running, ...changing]), ...queueWide);
  return fc.array(operation, { minLength: 1, maxLength, size: 'max' });
}
