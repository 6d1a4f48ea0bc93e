import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod-3';
import { z as z41 } from 'zod-4.1';
import * as mini from 'zod/mini';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import {
  defineJob,
  type JobContract,
  type Payload,
  type PayloadInput,
  type Result,
  type ResultInput,
  type Returned,
} from './job-contract.ts';

/** One contract in each library: a default, a transform on both sides, something nested, something optional. */
const withZod = defineJob({
  name: 'zod',
  payload: z.object({ at: z.string().transform(Number), deep: z.object({ on: z.boolean().default(false) }) }),
  result: z.object({ words: z.string().transform(Number), note: z.string().optional() }),
});
const withZod41 = defineJob({
  name: 'zod-4.1',
  payload: z41.object({ at: z41.string().transform(Number), deep: z41.object({ on: z41.boolean().default(false) }) }),
  result: z41.object({ words: z41.string().transform(Number), note: z41.string().optional() }),
});
const withZod3 = defineJob({
  name: 'zod-3',
  payload: z3.object({ at: z3.string().transform(Number), deep: z3.object({ on: z3.boolean().default(false) }) }),
  result: z3.object({ words: z3.string().transform(Number), note: z3.string().optional() }),
});
const withMini = defineJob({
  name: 'zod-mini',
  payload: mini.object({
    at: mini.pipe(mini.string(), mini.transform(Number)),
    deep: mini.object({ on: mini._default(mini.boolean(), false) }),
  }),
  result: mini.object({
    words: mini.pipe(mini.string(), mini.transform(Number)),
    note: mini.optional(mini.string()),
  }),
});
const withValibot = defineJob({
  name: 'valibot',
  payload: v.object({
    at: v.pipe(v.string(), v.transform(Number)),
    deep: v.object({ on: v.optional(v.boolean(), false) }),
  }),
  result: v.objectAsync({
    words: v.pipeAsync(
      v.string(),
      v.transformAsync(async (text) => Number(text)),
    ),
    note: v.optional(v.string()),
  }),
});
const withArktype = defineJob({
  name: 'arktype',
  payload: type({ at: 'string.numeric.parse', deep: { on: 'boolean = false' } }),
  result: type({ words: 'string.numeric.parse', 'note?': 'string' }),
});

/** The same but for `undefined` in optional members, which arktype does not name. */
type Loose<T> = T extends object ? { [Key in keyof T]: Loose<Exclude<T[Key], undefined>> } : T;

type TypesOf<C extends JobContract> = Loose<{
  payloadInput: PayloadInput<C>;
  payload: Payload<C>;
  resultInput: ResultInput<C>;
  returned: Returned<C>;
  result: Result<C>;
}>;

interface Expected {
  payloadInput: { at: string; deep: { on?: boolean } };
  payload: { at: number; deep: { on: boolean } };
  resultInput: { words: string; note?: string };
  returned: { words: string; note?: string };
  result: { words: number; note?: string };
}

describe('the types of a contract, on both sides', () => {
  it('come from its schemas, whatever library made them', () => {
    expectTypeOf<TypesOf<typeof withZod>>().toEqualTypeOf<Expected>();
    expectTypeOf<TypesOf<typeof withZod41>>().toEqualTypeOf<Expected>();
    expectTypeOf<TypesOf<typeof withZod3>>().toEqualTypeOf<Expected>();
    expectTypeOf<TypesOf<typeof withMini>>().toEqualTypeOf<Expected>();
    expectTypeOf<TypesOf<typeof withValibot>>().toEqualTypeOf<Expected>();
    expectTypeOf<TypesOf<typeof withArktype>>().toEqualTypeOf<Expected>();
  });
});

describe('the types of a union of contracts', () => {
  const number = defineJob({ name: 'number', payload: z3.object({ a: z3.string() }), result: v.number() });
  const text = defineJob({ name: 'text', payload: type({ b: 'number' }), result: z.string() });
  type Either = typeof number | typeof text;

  it('are what fits each of them for a put, and what any of them may give elsewhere', () => {
    expectTypeOf<PayloadInput<Either>>().toEqualTypeOf<{ a: string } & { b: number }>();
    expectTypeOf<Payload<Either>>().toEqualTypeOf<{ a: string } | { b: number }>();
    expectTypeOf<ResultInput<Either>>().toEqualTypeOf<number | string>();
    expectTypeOf<Result<Either>>().toEqualTypeOf<number | string>();
  });
});

describe('a handler of a contract without a result', () => {
  const payload = z.string();
  const contracts = {
    zod: defineJob({ name: 'a', payload, result: z.void() }),
    zod41: defineJob({ name: 'a', payload, result: z41.void() }),
    zod3: defineJob({ name: 'a', payload, result: z3.void() }),
    mini: defineJob({ name: 'a', payload, result: mini.void() }),
    valibot: defineJob({ name: 'a', payload, result: v.void() }),
    arktype: defineJob({ name: 'a', payload, result: type('undefined') }),
  };

  it('may be a function without a return', () => {
    const handlers = [
      defineHandler(contracts.zod, async () => {}),
      defineHandler(contracts.zod41, async () => {}),
      defineHandler(contracts.zod3, async () => {}),
      defineHandler(contracts.mini, async () => {}),
      defineHandler(contracts.valibot, async () => {}),
      defineHandler(contracts.arktype, async () => {}),
    ];
    expect(handlers.map(({ contract }) => contract)).toEqual(Object.values(contracts));
    // @ts-expect-error there is no result
    defineHandler(contracts.arktype, async () => 5);
    // @ts-expect-error there is no result
    defineHandler(contracts.valibot, async () => 5);
  });
});
