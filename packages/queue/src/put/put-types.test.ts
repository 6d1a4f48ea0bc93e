import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineJob, type JobContract, type PayloadInput } from '../job/contracts/job-contract.ts';
import type { Dedupe } from '../job/dedupe.ts';
import {
  defineQueue,
  type EventPolicy,
  type QueueDefinition,
  type QueueOptions,
} from '../job/contracts/queue-policy.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import type { Producer } from './producer.ts';

const count = defineJob({ name: 'count', payload: z.object({ a: z.number() }), result: z.number().optional() });
const shout = defineJob({ name: 'shout', payload: z.object({ b: z.string() }), result: z.string() });
const choose = defineJob({ name: 'choose', payload: z.union([z.string(), z.number()]), result: z.unknown() });
const queue = defineQueue({ name: 'q', jobs: [count, shout, choose], capacity: 10 });

describe('the payload of a put', () => {
  it('fits every contract that the job may be', () => {
    type Both = PayloadInput<typeof count | typeof shout>;
    expectTypeOf<Both>().toExtend<{ a: number; b: string }>();
    expectTypeOf<{ b: string }>().not.toExtend<Both>();
    const put = (producer: Producer<typeof queue>, job: typeof count | typeof shout) => [
      // @ts-expect-error it is wrong when the job is `count`
      () => producer.put(job, { b: 'x' }),
      () => producer.put(job, { a: 1, b: 'x' }),
      // @ts-expect-error of many puts as well
      () => producer.putMany(job, [{ a: 1 }]),
    ];
    expect(put).toBeTypeOf('function');
  });

  it('is that of its schema where the job is one', () => {
    expectTypeOf<PayloadInput<typeof count>>().toEqualTypeOf<{ a: number }>();
    expectTypeOf<PayloadInput<typeof choose>>().toEqualTypeOf<string | number>();
    expectTypeOf<PayloadInput<JobContract>>().toEqualTypeOf<unknown>();
  });

  it('passes through code that is generic over the job', () => {
    const put = <C extends typeof count | typeof shout>(
      producer: Producer<typeof queue>,
      job: C,
      payload: PayloadInput<C>,
    ) => producer.put(job, payload);
    expect(put).toBeTypeOf('function');
  });
});

describe('a deduplication', () => {
  it('has a time with the modes that need one, and with no other', () => {
    expectTypeOf<{ key: string; mode: 'first' }>().toExtend<Dedupe>();
    expectTypeOf<{ key: string; mode: 'first'; forMs: number }>().not.toExtend<Dedupe>();
    expectTypeOf<{ key: string; mode: 'debounce'; forMs: number }>().toExtend<Dedupe>();
    expectTypeOf<{ key: string; mode: 'debounce' }>().not.toExtend<Dedupe>();
    expectTypeOf<{ key: string; mode: 'simple' }>().not.toExtend<Dedupe>();
  });
});

describe('a queue', () => {
  it('chooses its events by three words', () => {
    expectTypeOf<QueueOptions<[typeof count]>['events']>().toEqualTypeOf<'all' | 'ended' | 'none' | undefined>();
    expectTypeOf<QueueDefinition['events']>().toEqualTypeOf<EventPolicy>();
  });
});

describe('a handler', () => {
  it('may return nothing where the result may be left out', () => {
    defineHandler(count, async () => {});
    defineHandler(count, () => {});
    defineHandler(choose, async () => {});
    defineHandler(count, async ({ payload }) => (payload.a > 1 ? payload.a : undefined));
    // @ts-expect-error a string is due
    defineHandler(shout, async () => {});
    // @ts-expect-error a number, or nothing
    expect(defineHandler(count, async () => 'x').contract).toBe(count);
  });
});
