import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod-3';
import { z as z41 } from 'zod-4.1';
import * as mini from 'zod/mini';
import { defineJob, type JobContract } from '../contracts/job-contract.ts';
import { PayloadInvalidError, type SchemaIssue } from '../errors/index.ts';
import { decodePayload, decodeResult } from './decode.ts';
import { encodePayload, encodeResult } from './encode.ts';
import { exactJson } from './exact-members.ts';
import { exactValue, JsonText } from './json-text.ts';
import { writeJson } from './exact-json.ts';

function contractOf(payload: StandardSchemaV1, result: StandardSchemaV1 = z.any()): JobContract {
  return defineJob({ name: 'a.job', payload, result });
}

async function issuesOf(contract: JobContract, value: unknown): Promise<readonly SchemaIssue[]> {
  const refused = await encodePayload(contract, value).catch((error: unknown) => error);
  if (!(refused instanceof PayloadInvalidError)) throw new Error('was not refused as invalid', { cause: refused });
  return refused.issues;
}

/** The same schemas in each library. */
interface Library {
  readonly page: StandardSchemaV1;
  readonly nothing: StandardSchemaV1;
  readonly nullish: StandardSchemaV1;
  readonly choice: StandardSchemaV1;
  /** A string that is not "taken": checked by code that waits where the library can. */
  readonly free: StandardSchemaV1;
}

const libraries: Readonly<Record<string, Library>> = {
  'zod 4': {
    page: z.object({
      at: z.string().transform(Number),
      tags: z.array(z.object({ n: z.number() })),
      mode: z.string().default('fast'),
    }),
    nothing: z.void(),
    nullish: z.string().nullish(),
    choice: z.object({ of: z.enum(['a', 'b']), mail: z.email() }),
    free: z.string().refine(async (text) => text !== 'taken'),
  },
  'zod 4.1': {
    page: z41.object({
      at: z41.string().transform(Number),
      tags: z41.array(z41.object({ n: z41.number() })),
      mode: z41.string().default('fast'),
    }),
    nothing: z41.void(),
    nullish: z41.string().nullish(),
    choice: z41.object({ of: z41.enum(['a', 'b']), mail: z41.email() }),
    free: z41.string().refine(async (text) => text !== 'taken'),
  },
  'zod 3': {
    page: z3.object({
      at: z3.string().transform(Number),
      tags: z3.array(z3.object({ n: z3.number() })),
      mode: z3.string().default('fast'),
    }),
    nothing: z3.void(),
    nullish: z3.string().nullish(),
    choice: z3.object({ of: z3.enum(['a', 'b']), mail: z3.string().email() }),
    free: z3.string().refine(async (text) => text !== 'taken'),
  },
  'zod mini': {
    page: mini.object({
      at: mini.pipe(mini.string(), mini.transform(Number)),
      tags: mini.array(mini.object({ n: mini.number() })),
      mode: mini._default(mini.string(), 'fast'),
    }),
    nothing: mini.void(),
    nullish: mini.nullish(mini.string()),
    choice: mini.object({ of: mini.enum(['a', 'b']), mail: mini.email() }),
    free: mini.string().check(mini.refine(async (text) => text !== 'taken')),
  },
  valibot: {
    page: v.object({
      at: v.pipe(v.string(), v.transform(Number)),
      tags: v.array(v.object({ n: v.number() })),
      mode: v.optional(v.string(), 'fast'),
    }),
    nothing: v.void(),
    nullish: v.nullish(v.string()),
    choice: v.object({ of: v.picklist(['a', 'b']), mail: v.pipe(v.string(), v.email()) }),
    free: v.pipeAsync(
      v.string(),
      v.checkAsync(async (text) => text !== 'taken'),
    ),
  },
  arktype: {
    page: type({ at: 'string.numeric.parse', tags: type({ n: 'number' }).array(), mode: "string = 'fast'" }),
    nothing: type('undefined'),
    nullish: type('string | null | undefined'),
    choice: type({ of: "'a' | 'b'", mail: 'string.email' }),
    free: type('string').narrow((text, ctx) => text !== 'taken' || ctx.mustBe('free')),
  },
};

describe.each(Object.entries(libraries))('a contract with schemas of %s', (_, library) => {
  const { page, nothing, nullish, choice, free } = library;

  it('stores the input and gives the output, for payloads and results', async () => {
    const contract = contractOf(page, page);
    const value = { at: '5', tags: [{ n: 1 }] };
    const output = { at: 5, tags: [{ n: 1 }], mode: 'fast' };
    const payload = await encodePayload(contract, value);
    const result = await encodeResult(contract, value);
    expect([payload.json, result.json]).toEqual([JSON.stringify(value), JSON.stringify(value)]);
    expect(await decodePayload(contract, 1, payload.json)).toEqual(output);
    expect(await decodeResult(contract, result.json)).toEqual(output);
  });

  it('refuses what the schema refuses, with the path to it', async () => {
    const issues = await issuesOf(contractOf(page), { at: '5', tags: [{ n: 1 }, { n: 'x' }] });
    expect(issues).toEqual([{ path: ['tags', 1, 'n'], message: expect.any(String) }]);
    expect((await issuesOf(contractOf(free), 5)).map(({ path }) => path)).toEqual([[]]);
  });

  it('repeats no value in its messages', async () => {
    const issues = await issuesOf(contractOf(choice), { of: 'hunter2', mail: 'hunter2' });
    expect(issues.map(({ path }) => path).toSorted()).toEqual([['mail'], ['of']]);
    expect(JSON.stringify(issues)).not.toContain('hunter2');
    const noChoice = await issuesOf(contractOf(choice), { of: ['hunter2'], mail: { hunter2: 'hunter2' } });
    expect(JSON.stringify(noChoice)).not.toContain('hunter2');
  });

  it('takes nothing where there is nothing, and distinguishes undefined from null where it takes both', async () => {
    const empty = contractOf(nothing, nothing);
    expect([(await encodePayload(empty, undefined)).json, (await encodeResult(empty, undefined)).json]).toEqual([
      'null',
      'null',
    ]);
    expect([await decodePayload(empty, 1, 'null'), await decodeResult(empty, 'null')]).toEqual([undefined, undefined]);
    const either = contractOf(nullish);
    for (const value of [undefined, null]) {
      const { json } = await encodePayload(either, value);
      expect(JSON.parse(json)).toBeNull();
      expect(await decodePayload(either, 1, json)).toBe(value);
    }
  });

  it('waits for a schema that waits', async () => {
    const contract = contractOf(free, free);
    expect((await encodePayload(contract, 'free')).json).toBe('"free"');
    expect(await issuesOf(contract, 'taken')).toEqual([{ path: [], message: expect.any(String) }]);
    expect(await decodePayload(contract, 1, '"free"')).toBe('free');
    expect(await decodeResult(contract, '"free"')).toBe('free');
    await expect(decodeResult(contract, '"taken"')).rejects.toMatchObject({ code: 'SLUICE_RESULT_INVALID' });
  });

  it('gives payloads without a turn of the event loop where the schema needs none', async () => {
    const contract = contractOf(choice, choice);
    const value = { of: 'a', mail: 'a@b.example' };
    expect(encodeResult(contract, value)).toEqual({ json: JSON.stringify(value), bytes: 31 });
    expect(decodePayload(contract, 1, JSON.stringify(value))).toEqual(value);
  });
});

describe('messages of issues', () => {
  it.each<[string, StandardSchemaV1, unknown, string]>([
    ['valibot', v.object({ a: v.string() }), { a: 5 }, 'a: Invalid type: Expected string'],
    ['valibot', v.object({ a: v.pipe(v.string(), v.email()) }), { a: 'x y' }, 'a: Invalid email'],
    ['zod 3', z3.object({ a: z3.enum(['x', 'y']) }), { a: 'z' }, "a: Invalid enum value. Expected 'x' | 'y'"],
    ['arktype', type({ a: 'string.email' }), { a: 'x y' }, 'a: must be an email address'],
    ['arktype', type('string.email'), 'x y', '(root): must be an email address'],
    [
      'arktype',
      type({ a: 'string.email & string <= 3' }),
      { a: 'hunter2' },
      'a: must be... ◦ an email address ◦ at most length 3',
    ],
    ['arktype', type({ a: 'string.email | string.ip | number > 5' }), { a: 'x' }, 'a: must be'],
  ])('of %s are one line without the value', async (_, schema, value, message) => {
    const refused = await encodePayload(contractOf(schema), value).catch(String);
    expect(refused).toContain(message);
    expect(refused).not.toMatch(/\n|x y|hunter2|received|was/);
  });

  it('takes paths of keys, of segments and of symbols, and nothing for the root', async () => {
    const path = ['a', { key: 1 }, { key: 'b' }, Symbol('s')];
    const issues = [{ message: 'no', path }, { message: 'neither' }];
    const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'own', validate: () => ({ issues }) } };
    expect(await issuesOf(contractOf(schema), 'x')).toEqual([
      { path: ['a', 1, 'b', 'Symbol(s)'], message: 'no' },
      { path: [], message: 'neither' },
    ]);
  });
});

describe('a schema of an unknown library', () => {
  const own = (validate: StandardSchemaV1.Props['validate']): JobContract =>
    contractOf({ '~standard': { version: 1, vendor: 'own', validate } });

  it('checks what is stored, whatever it does with the value or its caller meanwhile', async () => {
    const value = { n: 1 };
    const encoding = encodePayload(
      own(async (given) => {
        await Promise.resolve();
        return (given as { n: number }).n === 1 ? { value: given } : { issues: [{ message: 'is not 1' }] };
      }),
      value,
    );
    value.n = 2;
    expect((await encoding).json).toBe('{"n":1}');
    const changing = own((given) => ({ value: Object.assign(given as object, { n: 3 }) }));
    expect((await encodePayload(changing, value)).json).toBe('{"n":2}');
    expect(value).toEqual({ n: 2 });
  });

  it('may give any thenable', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what a library with promises of its own returns
    const thenable = (value: unknown) => ({ then: (take: (result: object) => void) => take({ value }) });
    const contract = own((value) => thenable(value) as unknown as Promise<StandardSchemaV1.SuccessResult<unknown>>);
    expect((await encodePayload(contract, 'x')).json).toBe('"x"');
    expect(await decodePayload(contract, 1, '"x"')).toBe('x');
  });

  it('may throw, at once or later: the error passes through', async () => {
    const fail = (): never => {
      throw new RangeError('no directory');
    };
    for (const contract of [own(fail), own(async () => fail())]) {
      await expect(encodePayload(contract, 'x')).rejects.toThrow(RangeError);
      await expect(decodePayload(contract, 1, '"x"')).rejects.toThrow(RangeError);
    }
  });
});

describe('code of a schema that waits', () => {
  it.each([
    ['zod 4', (check: () => Promise<boolean>) => z.string().refine(check)],
    ['zod mini', (check: () => Promise<boolean>) => mini.string().check(mini.refine(check))],
    ['zod 3', (check: () => Promise<boolean>) => z3.string().refine(check)],
    ['valibot', (check: () => Promise<boolean>) => v.pipeAsync(v.string(), v.checkAsync(check))],
  ])('runs once for each value, and its rejection is the caller’s: %s', async (_, schemaWith) => {
    let runs = 0;
    const schema = schemaWith(async () => {
      runs += 1;
      throw new RangeError('no directory');
    });
    await expect(encodePayload(contractOf(schema), 'x')).rejects.toThrow(RangeError);
    expect(runs).toBe(1);
  });
});

describe('an exact member of a result', () => {
  const text = '{"n":12345678901234567890,"m":1.0}';

  it.each<[string, StandardSchemaV1]>([
    ['zod 4', z.object({ body: exactJson(z.unknown()).optional() })],
    ['zod mini', mini.object({ body: mini.optional(exactJson(mini.unknown())) })],
    ['zod 3', z3.object({ body: exactJson(z3.unknown()).optional() })],
    ['valibot', v.object({ body: v.optional(exactJson(v.unknown())) })],
    ['valibot, not optional', v.object({ body: exactJson(v.unknown()) })],
  ])('comes back digit by digit: %s', async (_, result) => {
    const contract = contractOf(z.any(), result);
    const { json } = await encodeResult(contract, { body: exactValue(text) });
    expect(json).toBe(`{"body":${text}}`);
    const read = (await decodeResult(contract, json)) as { body: unknown };
    expect(writeJson(read.body)).toBe(text);
  });

  it('is refused in a schema that cannot be looked into, not rounded', async () => {
    const contract = contractOf(z.any(), type({ body: exactJson(type('unknown')) }));
    await expect(encodeResult(contract, { body: new JsonText(text) })).rejects.toThrow('body: is a JsonText');
  });
});
