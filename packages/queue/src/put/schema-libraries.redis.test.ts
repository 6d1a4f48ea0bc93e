import type { StandardSchemaV1 } from '@standard-schema/spec';
import { redisTest as test } from '@sluice/testing/vitest';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod-3';
import { z as z41 } from 'zod-4.1';
import * as mini from 'zod/mini';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { connectProducer } from './connect-producer.ts';

interface Sent {
  text: string;
  times?: number | undefined;
}
interface Received {
  text: string;
  times: number;
}
interface Library {
  readonly payload: StandardSchemaV1<Sent, Received>;
  /** Text of digits, which is read as a number. */
  readonly result: StandardSchemaV1<string, number>;
  readonly nothing: StandardSchemaV1<void | undefined>;
}

const libraries: readonly [string, Library][] = [
  [
    'zod 4',
    {
      payload: z.object({ text: z.string(), times: z.int().default(2) }),
      result: z.string().transform(Number),
      nothing: z.void(),
    },
  ],
  [
    'zod 4.1',
    {
      payload: z41.object({ text: z41.string(), times: z41.int().default(2) }),
      result: z41.string().transform(async (digits) => Number(digits)),
      nothing: z41.void(),
    },
  ],
  [
    'zod 3',
    {
      payload: z3.object({ text: z3.string(), times: z3.number().int().default(2) }),
      result: z3.string().transform(Number),
      nothing: z3.void(),
    },
  ],
  [
    'zod mini',
    {
      payload: mini.object({ text: mini.string(), times: mini._default(mini.int(), 2) }),
      result: mini.pipe(mini.string(), mini.transform(Number)),
      nothing: mini.void(),
    },
  ],
  [
    'valibot',
    {
      payload: v.object({ text: v.string(), times: v.optional(v.pipe(v.number(), v.integer()), 2) }),
      result: v.pipeAsync(
        v.string(),
        v.transformAsync(async (digits) => Number(digits)),
      ),
      nothing: v.void(),
    },
  ],
  [
    'arktype',
    {
      payload: type({ text: 'string', times: 'number.integer = 2' }),
      result: type('string.numeric.parse'),
      nothing: type('undefined'),
    },
  ],
];

describe('a job with schemas of', () => {
  test.for(libraries)('%s goes through a producer and a pool', async ([, library], { redis, prefix, queueName }) => {
    const measure = defineJob({ name: 'measure', payload: library.payload, result: library.result });
    const forget = defineJob({ name: 'forget', payload: library.nothing, result: library.nothing });
    const queue = defineQueue({ name: queueName, jobs: [measure, forget], capacity: 10, prefix });
    const seen: unknown[] = [];
    const handlers = {
      measure: defineHandler(measure, async ({ payload }) => {
        seen.push(payload);
        return String(payload.text.length * payload.times);
      }),
      forget: defineHandler(forget, async ({ payload }) => {
        seen.push(payload);
      }),
    };
    await using pool = createWorkerPool(queue, handlers, { redis: redis.url, concurrency: 1 });
    await pool.start();
    await using producer = await connectProducer(queue, { redis: redis.url });

    expect(await producer.result(await producer.put(measure, { text: 'abc' }))).toBe(6);
    expect(await producer.result(await producer.put(measure, { text: 'abc', times: 3 }))).toBe(9);
    expect(await producer.result(await producer.put(forget, undefined))).toBeUndefined();
    expect(seen).toEqual([{ text: 'abc', times: 2 }, { text: 'abc', times: 3 }, undefined]);

    const refused = producer.put(measure, { text: 'abc', times: 'hunter2' as unknown as number });
    await expect(refused).rejects.toMatchObject({ code: 'SLUICE_PAYLOAD_INVALID', issues: [{ path: ['times'] }] });
    await expect(refused).rejects.not.toThrow('hunter2');
  });
});
