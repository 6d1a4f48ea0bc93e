import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob, type JobContract } from '../contracts/job-contract.ts';
import { PayloadInvalidError, ResultInvalidError, TooLargeError } from '../errors/index.ts';
import { encodePayload, encodeResult } from './encode.ts';

const MAX_BYTES = 262_144;

function contractOf(payload: z.ZodType, result: z.ZodType = z.any()): JobContract {
  return defineJob({ name: 'a.job', payload, result });
}

const anything = contractOf(z.any());

/** The issues of a refused payload, as `path: message`. */
async function issuesOf(value: unknown, contract = anything): Promise<[(string | number)[], string][]> {
  const refused = await encodePayload(contract, value).catch((error: unknown) => error);
  if (!(refused instanceof PayloadInvalidError)) throw new Error('was not refused as invalid', { cause: refused });
  return refused.issues.map(({ path, message }) => [path, message]);
}

class Money {
  readonly cents = 5;
}

const shared = { a: 1 };
const cycle: Record<string, unknown> = { list: [] };
cycle['list'] = [{ back: cycle }];

function nested(levels: number): unknown {
  return Array.from({ length: levels }).reduce((inner) => [inner], 0);
}

describe('encodePayload', () => {
  it('stores the input of the schema, not its output', async () => {
    const contract = contractOf(z.object({ at: z.string().transform(Number), mode: z.string().default('fast') }));
    expect(await encodePayload(contract, { at: '5' })).toEqual({ json: '{"at":"5"}', bytes: 10 });
  });

  it('counts bytes of UTF-8, not letters', async () => {
    expect((await encodePayload(anything, 'é😀')).bytes).toBe(8);
  });

  it.each([
    ['a string', 'x'],
    ['a lone surrogate, escaped', 'x\ud800'],
    ['a number', -1.5e-7],
    ['null', null],
    ['an empty array', []],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['a key named __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['one object in two places', [shared, shared]],
    ['500 levels', nested(500)],
  ])('keeps %s', async (_, value) => {
    const { json } = await encodePayload(anything, value);
    expect(JSON.parse(json)).toEqual(value);
  });

  it('leaves out a property that is undefined, as JSON does', async () => {
    expect((await encodePayload(anything, { a: undefined, b: 1 })).json).toBe('{"b":1}');
  });

  it('stores undefined as null for a contract without a payload, and refuses it for others', async () => {
    expect(await encodePayload(contractOf(z.void()), undefined)).toEqual({ json: 'null', bytes: 4 });
    expect(await issuesOf(undefined, contractOf(z.string()))).toHaveLength(1);
  });

  it('distinguishes undefined from null where the schema takes both, in JSON that others read as null', async () => {
    const takeBoth = [
      z.any(),
      z.unknown(),
      z.string().nullish(),
      z.string().nullable().default('x'),
      z.coerce.string(),
    ];
    for (const schema of [...takeBoth, z.any().refine(async () => true)]) {
      const { json, bytes } = await encodePayload(contractOf(schema), undefined);
      expect({ json, bytes, read: JSON.parse(json) as unknown }).toEqual({ json: 'null ', bytes: 5, read: null });
      expect((await encodePayload(contractOf(schema), null)).json).toBe('null');
    }
    for (const schema of [z.void(), z.undefined(), z.string().optional(), z.string().default('x')]) {
      expect((await encodePayload(contractOf(schema), undefined)).json).toBe('null');
    }
  });

  it('keeps the sign of a zero', async () => {
    expect((await encodePayload(anything, { at: [-0, 0] })).json).toBe('{"at":[-0,0]}');
    expect((await encodePayload(contractOf(z.number()), -0)).json).toBe('-0');
  });

  it('refuses a key __proto__ that the schema would leave out, and says where', async () => {
    const value = { a: JSON.parse('{"__proto__":{"b":1},"c":2}') as unknown };
    const lost = [[['a', '__proto__'], 'is a key that the schema leaves out']];
    expect(await issuesOf(value, contractOf(z.json()))).toEqual(lost);
    expect(await issuesOf(value, contractOf(z.object({ a: z.record(z.string(), z.any()) })))).toEqual(lost);
    expect(await issuesOf(value, contractOf(z.object({ a: z.looseObject({}) })))).toEqual(lost);
    expect((await encodePayload(contractOf(z.object({ a: z.any() })), value)).json).toContain('__proto__');
  });

  it.each<[string, unknown, (string | number)[], string]>([
    ['undefined in an array', { list: [1, undefined] }, ['list', 1], 'undefined has no form in JSON'],
    ['a hole in an array', { list: [1, , 3] }, ['list', 1], 'undefined has no form in JSON'], // oxlint-disable-line no-sparse-arrays
    ['a function', { call: () => 1 }, ['call'], 'a function has no form in JSON'],
    ['a symbol', { mark: Symbol('m') }, ['mark'], 'a symbol has no form in JSON'],
    ['a bigint', { count: 1n }, ['count'], 'a bigint has no form in JSON'],
    ['NaN', [NaN], [0], 'NaN becomes null'],
    ['infinity', { a: { b: [0, -Infinity] } }, ['a', 'b', 1], '-Infinity becomes null'],
    ['a Date', { at: new Date(0) }, ['at'], 'a Date does not survive JSON'],
    ['a Map', { seen: new Map() }, ['seen'], 'a Map does not survive JSON'],
    ['a Set', { seen: new Set() }, ['seen'], 'a Set does not survive JSON'],
    ['a URL', { to: new URL('http://a') }, ['to'], 'a URL does not survive JSON'],
    ['bytes', { data: Buffer.from('a') }, ['data'], 'a Buffer does not survive JSON'],
    ['a regular expression', [/x/], [0], 'a RegExp does not survive JSON'],
    ['an error', [new Error('x')], [0], 'a Error does not survive JSON'],
    ['a class instance', { price: new Money() }, ['price'], 'a Money does not survive JSON'],
    ['a boxed string', [Object('x')], [0], 'a String does not survive JSON'],
    ['a toJSON method', { at: { toJSON: () => 1 } }, ['at'], 'has a toJSON method'],
    ['a symbol as a key', { o: { [Symbol('k')]: 1 } }, ['o'], 'has a symbol as a key'],
    ['an array with a name', { m: /b/.exec('abc') }, ['m'], 'is an array with a property "index"'],
    ['a cycle', cycle, ['list', 0, 'back'], 'refers back to an object that it is part of'],
  ])('refuses %s and says where', async (_, value, path, message) => {
    expect(await issuesOf(value)).toEqual([[path, expect.stringContaining(message)]]);
  });

  it('refuses more than 500 levels', async () => {
    expect((await issuesOf(nested(501)))[0]?.[1]).toBe('nests deeper than 500 levels');
    expect((await issuesOf(nested(100_000)))[0]?.[0]).toHaveLength(500);
  });

  it('names every place that JSON would lose, but no more than 20', async () => {
    expect((await issuesOf({ a: NaN, b: [1n] })).map(([path]) => path)).toEqual([['a'], ['b', 0]]);
    expect(await issuesOf(Array.from({ length: 1_000 }, () => NaN))).toHaveLength(20);
  });

  it('refuses what the schema refuses, with every path', async () => {
    const contract = contractOf(z.object({ url: z.string(), hops: z.array(z.object({ n: z.int() })) }));
    const issues = await issuesOf({ url: 1, hops: [{ n: 1 }, { n: 'x' }] }, contract);
    expect(issues.map(([path]) => path)).toEqual([['url'], ['hops', 1, 'n']]);
  });

  it('names the contract and the path in the message, and not the value', async () => {
    const secret = { url: 1, hunter2: 'hunter2' };
    const error = await encodePayload(contractOf(z.object({ url: z.string() })), secret).catch(String);
    expect(error).toMatch(/^PayloadInvalidError: payload of a\.job is invalid: url: /);
    expect(error).not.toContain('hunter2');
  });

  it('waits for a schema that is asynchronous', async () => {
    const contract = contractOf(z.string().refine(async (text) => text !== 'taken', 'is taken'));
    expect((await encodePayload(contract, 'free')).json).toBe('"free"');
    expect(await issuesOf('taken', contract)).toEqual([[[], 'is taken']]);
  });

  it('treats an undefined property as absent, also for a schema that allows no other property', async () => {
    const strict = defineJob({ name: 'strict', payload: z.strictObject({ n: z.int() }), result: z.null() });
    const value = { n: 1, more: undefined };
    expect(await encodePayload(strict, value)).toEqual({ json: '{"n":1}', bytes: 7 });
  });

  it('checks what it stores, whatever becomes of the value meanwhile', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = z.any().refine(() => gate.promise.then(() => true));
    const contract = contractOf(slow.pipe(z.object({ n: z.literal(1) })));
    const value = { n: 1 };
    const encoding = encodePayload(contract, value);
    value.n = 2;
    gate.resolve();
    expect((await encoding).json).toBe('{"n":1}');
  });

  it('lets an error of the schema itself pass through', async () => {
    const broken = z.string().refine(() => Promise.reject(new RangeError('no directory')));
    await expect(encodePayload(contractOf(broken), 'x')).rejects.toThrow(RangeError);
  });

  it('takes 262,144 bytes and refuses one more, before the schema sees it', async () => {
    expect((await encodePayload(anything, 'x'.repeat(MAX_BYTES - 2))).bytes).toBe(MAX_BYTES);
    const refused = encodePayload(contractOf(z.never()), 'x'.repeat(MAX_BYTES - 1));
    await expect(refused).rejects.toMatchObject({ what: 'payload', bytes: MAX_BYTES + 1, maxBytes: MAX_BYTES });
    await expect(encodePayload(anything, 'é'.repeat(MAX_BYTES / 2))).rejects.toThrow(TooLargeError);
  });

  it('gives up early on a small value whose JSON would never end', async () => {
    let doubled: unknown = 'x';
    for (let level = 0; level < 200; level += 1) doubled = [doubled, doubled];
    await expect(encodePayload(anything, doubled)).rejects.toThrow(TooLargeError);
  });
});

describe('encodeResult', () => {
  it('stores the input of the result schema', async () => {
    const contract = contractOf(z.any(), z.object({ words: z.string().transform(Number) }));
    expect((await encodeResult(contract, { words: '3' })).json).toBe('{"words":"3"}');
  });

  it('takes a handler that returns nothing', async () => {
    expect((await encodeResult(contractOf(z.any(), z.void()), undefined)).json).toBe('null');
  });

  it('refuses what the schema or JSON refuses, as a result', async () => {
    const contract = contractOf(z.any(), z.object({ at: z.any() }));
    await expect(encodeResult(contract, 5)).rejects.toThrow(ResultInvalidError);
    await expect(encodeResult(contract, { at: new Date() })).rejects.toMatchObject({ issues: [{ path: ['at'] }] });
  });

  it('refuses more than 262,144 bytes, as a result', async () => {
    const refused = encodeResult(anything, 'x'.repeat(MAX_BYTES));
    await expect(refused).rejects.toMatchObject({ code: 'SLUICE_TOO_LARGE', what: 'result' });
  });
});
