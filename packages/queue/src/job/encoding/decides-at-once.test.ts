import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod-3';
import * as mini from 'zod/mini';
import { decidesAtOnce } from './decides-at-once.ts';

const deep = (inner: z.ZodType) => z.strictObject({ list: z.array(z.tuple([z.string(), inner.optional()])) });

describe('a schema', () => {
  it.each<[string, z.ZodType]>([
    ['of plain fields', z.strictObject({ url: z.url(), n: z.int().min(1), s: z.string().trim().max(5).default('x') })],
    ['of unions and records', z.record(z.string(), z.union([z.literal(1), z.enum(['a', 'b']), z.null()]))],
    [
      'of discriminated unions',
      z.discriminatedUnion('a', [z.object({ a: z.literal(1) }), z.object({ a: z.literal(2) })]),
    ],
    ['with a catch-all', z.object({}).catchall(z.number())],
    ['that coerces', z.coerce.number()],
    ['with an ISO time', deep(z.iso.datetime())],
  ])('%s decides at once', (_, schema) => {
    expect(decidesAtOnce(schema)).toBe(true);
    expect(() => schema.safeParse({})).not.toThrow();
  });

  it.each<[string, z.ZodType]>([
    ['a refinement', z.string().refine(async () => true)],
    ['a check of its own', z.string().check(async () => undefined)],
    ['a transform', z.string().transform(async (text) => text)],
    ['a preprocessing step', z.preprocess(async (text) => text, z.any())],
    ['a custom schema', z.custom(async () => true)],
    ['a lazy schema, which may be part of itself', z.lazy(() => z.string())],
    ['a promise', z.promise(z.string())],
    ['a codec', z.codec(z.string(), z.number(), { decode: async () => 1, encode: async () => '1' })],
  ])('with %s may need time, however deep', (_, schema) => {
    expect(decidesAtOnce(schema)).toBe(false);
    expect(decidesAtOnce(deep(schema))).toBe(false);
    expect(decidesAtOnce(z.object({}).catchall(schema))).toBe(false);
    expect(decidesAtOnce(z.union([z.number(), schema]))).toBe(false);
  });
});

describe('a schema of zod 3 or zod mini', () => {
  const deep3 = (inner: z3.ZodTypeAny) => z3.object({ list: z3.array(z3.tuple([z3.string(), inner.optional()])) });

  it.each([
    ['zod 3', deep3(z3.union([z3.literal(1), z3.record(z3.string().email()), z3.number().brand('n').default(1)]))],
    ['zod 3, discriminated', z3.discriminatedUnion('a', [z3.object({ a: z3.literal(1) })])],
    ['zod mini', mini.strictObject({ list: mini.array(mini.optional(mini.email())), n: mini.int() })],
  ])('of plain fields decides at once: %s', (_, schema) => {
    expect(decidesAtOnce(schema)).toBe(true);
  });

  it.each([
    ['a refinement of zod 3', deep3(z3.string().refine(async () => true))],
    ['a transform of zod 3', deep3(z3.string().transform(async (text) => text))],
    ['a preprocessing step of zod 3', z3.object({}).catchall(z3.preprocess(async (text) => text, z3.any()))],
    ['a lazy schema of zod 3', deep3(z3.lazy(() => z3.string()))],
    ['a promise of zod 3', deep3(z3.promise(z3.string()))],
    ['a check of zod mini', mini.object({ a: mini.string().check(mini.refine(async () => true)) })],
  ])('with %s may need time', (_, schema) => {
    expect(decidesAtOnce(schema)).toBe(false);
  });
});
