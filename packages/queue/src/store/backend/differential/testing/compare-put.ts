import { createRedisBackend, type JobsOptions } from 'bullmq';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { checkAtRandom, type RandomRuns } from '../../../../testing/check-at-random.ts';
import { type Dedupe, deduplicationOf } from '../../../../job/dedupe.ts';
import { defineJob, type PayloadInput } from '../../../../job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../../../../job/contracts/queue-policy.ts';
import { connectProducer } from '../../../../put/connect-producer.ts';
import type { Producer } from '../../../../put/producer.ts';
import type { PutOptions } from '../../../../put/put-options.ts';
import { storedId, storedName } from '../../../keys/queue-keys.ts';
import { agreedForProducer, withoutAgreed } from './agreed-differences.ts';
import { operations } from './arbitrary-operations.ts';
import { readKeyspace } from './keyspace.ts';
import type { Operation } from './operation.ts';
import { performOperation } from './perform-operation.ts';
import { Side } from './side.ts';

const anything = defineJob({
  name: 'anything',
  payload: z.json(),
  result: z.null(),
  // Without jitter: two sides never draw the same number.
  retry: { attempts: 3, backoff: { type: 'exponential', delayMs: 1_000, jitter: 0 } },
});

type Payload = PayloadInput<typeof anything>;
/** `debounce` and `latest` replace a payload in its place, which no client of BullMQ can: they have tests of their own. */
type Options = Omit<PutOptions, 'id' | 'dedupe'> & { dedupe?: Dedupe };

/** A batch with the same options. */
export interface PutStep {
  do: 'put';
  ids: string[];
  options: Options;
  /** Whether the producer gets them together, and may send them as one, or each when the one before is in. */
  how: 'together' | 'one-by-one';
}

const dedupe: fc.Arbitrary<Dedupe> = fc.constantFrom<Dedupe[]>(
  { key: 'k', mode: 'first' },
  { key: 'k', mode: 'throttle', forMs: 60_000 },
  { key: 'l:m', mode: 'first' },
);

const options: fc.Arbitrary<Options> = fc.record(
  {
    delayMs: fc.constantFrom(0, 1, 60_000),
    priority: fc.integer({ min: 1, max: 3 }),
    attempts: fc.integer({ min: 1, max: 5 }),
    timeoutMs: fc.constant(1_000),
    dedupe,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const toTheFront: fc.Arbitrary<Options> = fc.record(
  { lifo: fc.constant(true), dedupe },
  { requiredKeys: ['lifo'], noNullPrototype: true },
);
const ids = fc.array(fc.constantFrom('a', 'b', 'wait', '7', 'ü:€', 'e', 'f', 'g'), { minLength: 1, maxLength: 5 });
const putStep = fc.record(
  {
    do: fc.constant('put' as const),
    ids,
    options: fc.oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: options },
      { weight: 1, arbitrary: toTheFront },
    ),
    how: fc.constantFrom('together' as const, 'one-by-one' as const),
  },
  { noNullPrototype: true },
);

const payloads: readonly Payload[] = [null, {}, [], '', 'ü €😀', 1_795_341_313_556_123, { list: [], none: null }, 1e21];

const steps: fc.Arbitrary<(Operation | PutStep)[]> = fc
  .array(fc.tuple(putStep, operations(3)), { minLength: 1, maxLength: 8, size: 'max' })
  .map((pairs) => pairs.flatMap(([step, between]) => [step, ...between]));

let runs = 0;

/**
 * One side's jobs come from our producer, the other's from a plain BullMQ queue with the options that mean the same.
 * All else that happens to them goes through BullMQ's own backend on both sides.
 */
export async function expectSamePuts(
  redis: { url: string; client: Redis },
  prefix: string,
  sequence: readonly (Operation | PutStep)[],
): Promise<void> {
  runs += 1;
  const { url, client } = redis;
  const definition = defineQueue({ name: 'q', prefix: `${prefix}-${runs}-s`, jobs: [anything], capacity: 100_000 });
  const parts = { client, factory: createRedisBackend, names: [storedName(definition), '{r}'] as const };
  const plain = new Side({ ...parts, prefix: `${prefix}-${runs}-b` });
  const ours = new Side({ ...parts, prefix: definition.prefix });
  await using producer = await connectProducer(definition, { redis: url });
  try {
    await Promise.all([plain.ready(), ours.ready()]);
    for (const step of sequence) {
      vi.setSystemTime(Date.now() + (step.do === 'letTimePass' ? step.ms : 1));
      if (step.do === 'put') await Promise.all([addAll(plain, step), putAll(ours, producer, step)]);
      else expect(await performOperation(ours, step)).toEqual(await performOperation(plain, step));
    }
    const [theirs, stored] = await Promise.all([plain, ours].map(({ prefix: root }) => readKeyspace(client, root)));
    expect(withoutAgreed(stored ?? {}, agreedForProducer)).toEqual(withoutAgreed(theirs ?? {}, agreedForProducer));
  } finally {
    await Promise.all([plain.close(), ours.close()]);
  }
}

/** Always the same one for an id: another would be a conflict in Sluice, while BullMQ looks at the id alone. */
function payloadOf(id: string): Payload {
  return payloads[(id.codePointAt(0) ?? 0) % payloads.length] ?? null;
}

async function addAll(side: Side, step: PutStep): Promise<void> {
  for (const id of step.ids) {
    const job = await side.queue(0).add(anything.name, payloadOf(id), sameOptions(id, step.options));
    side.remember(0, job.id);
  }
}

async function putAll(
  side: Side,
  producer: Producer<QueueDefinition<readonly [typeof anything]>>,
  step: PutStep,
): Promise<void> {
  if (step.how === 'one-by-one') {
    for (const id of step.ids) {
      const receipt = await producer.put(anything, payloadOf(id), { ...step.options, id });
      side.remember(0, storedId(receipt.id));
    }
    return;
  }
  const id = (_: Payload, index: number): string => step.ids[index] ?? '';
  const receipts = producer.putMany(anything, step.ids.map(payloadOf), { ...step.options, id });
  for await (const receipt of receipts) side.remember(0, storedId(receipt.id));
}

function sameOptions(id: string, { attempts, delayMs, priority, lifo, dedupe: given }: Options): JobsOptions {
  const { type, delayMs: delay, jitter } = anything.retry.backoff;
  return {
    attempts: attempts ?? anything.retry.attempts,
    backoff: { type, delay, jitter },
    jobId: storedId(id),
    ...(delayMs ? { delay: delayMs } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(lifo && { lifo }),
    ...(given && { deduplication: deduplicationOf(anything.name, given) }),
  };
}

export async function expectSamePutsAtRandom(
  redis: { url: string; client: Redis },
  prefix: string,
  limits: RandomRuns,
): Promise<void> {
  await checkAtRandom(steps, (sequence) => expectSamePuts(redis, prefix, sequence), limits);
}
