import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../errors/index.ts';
import {
  defineJob,
  jobDefaults,
  type JobContract,
  type JobOptions,
  type Payload,
  type PayloadInput,
  type Result,
  type ResultInput,
} from './job-contract.ts';

const schemas = { payload: z.object({ at: z.string() }), result: z.number() };

function define(options: Partial<JobOptions<string, StandardSchemaV1, StandardSchemaV1>>): JobContract {
  return defineJob({ name: 'a.job', ...schemas, ...options });
}

describe('defineJob', () => {
  it('fills in the defaults', () => {
    const { name, version, timeoutMs, graceMs, timeoutMaxMs, retry, upcasts } = define({});
    expect({ name, version, timeoutMs, graceMs, timeoutMaxMs, retry, upcasts }).toEqual({
      name: 'a.job',
      version: 1,
      timeoutMs: 60_000,
      graceMs: 2_000,
      timeoutMaxMs: 600_000,
      retry: { attempts: 3, backoff: { type: 'exponential', delayMs: 1_000, jitter: 0.5 } },
      upcasts: {},
    });
  });

  it('lets a part of the backoff be changed and keeps the rest', () => {
    const { retry } = define({ retry: { backoff: { delayMs: 5 } } });
    expect(retry).toEqual({ attempts: jobDefaults.attempts, backoff: { ...jobDefaults.backoff, delayMs: 5 } });
  });

  it('takes an option that is undefined for one that is left out', () => {
    const { timeoutMs, retry } = define({
      timeoutMs: undefined,
      retry: { attempts: undefined, backoff: { delayMs: undefined } },
    } as object);
    expect({ timeoutMs, attempts: retry.attempts, delayMs: retry.backoff.delayMs }).toEqual({
      timeoutMs: 60_000,
      attempts: 3,
      delayMs: 1_000,
    });
  });

  it('freezes the contract with all that is in it', () => {
    const contract = define({ version: 2, upcasts: { 1: (payload) => payload } });
    const parts = [contract, contract.retry, contract.retry.backoff, contract.upcasts];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('is not changed when the options are, later', () => {
    const upcasts = { 1: (payload: unknown) => payload };
    const contract = define({ version: 2, upcasts });
    upcasts[1] = () => 'another';
    expect(contract.upcasts[1]?.('same')).toBe('same');
  });

  it.each<[string, Partial<JobOptions<string, StandardSchemaV1, StandardSchemaV1>>]>([
    ['a name of one letter', { name: 'a' }],
    ['a name of 100 letters', { name: 'a'.repeat(100) }],
    ['every letter that a name may have', { name: 'AZaz09._-' }],
    ['the least timeout', { timeoutMs: 1 }],
    ['the most timeout', { timeoutMs: 86_400_000 }],
    ['no grace', { graceMs: 0 }],
    ['the most grace', { graceMs: 600_000 }],
    ['a deadline that cannot be moved', { timeoutMs: 5, timeoutMaxMs: 5 }],
    ['the most that a deadline may be moved', { timeoutMaxMs: 864_000_000 }],
    ['one attempt', { retry: { attempts: 1 } }],
    ['1,000 attempts', { retry: { attempts: 1_000 } }],
    ['no delay', { retry: { backoff: { delayMs: 0 } } }],
    ['a delay of a day', { retry: { backoff: { delayMs: 86_400_000 } } }],
    ['no jitter', { retry: { backoff: { jitter: 0 } } }],
    ['nothing but jitter', { retry: { backoff: { jitter: 1 } } }],
    ['a version without upcasts', { version: 3 }],
    ['a version with all upcasts', { version: 3, upcasts: { 1: () => 2, 2: () => 3 } }],
  ])('takes %s', (_, options) => {
    expect(define(options)).toMatchObject(JSON.parse(JSON.stringify(options)));
  });

  it.each<[string, object, string]>([
    ['an empty name', { name: '' }, 'name must be'],
    ['a name that is no string', { name: undefined }, 'name must be'],
    ['a name of 101 letters', { name: 'a'.repeat(101) }, 'name must be'],
    ['a colon in the name', { name: 'a:b' }, 'name must be'],
    ['a line end after the name', { name: 'a\n' }, 'name must be'],
    ['version 0', { version: 0 }, 'version must be'],
    ['half a version', { version: 1.5 }, 'version must be'],
    ['no timeout', { timeoutMs: 0 }, 'timeoutMs must be'],
    ['a timeout that never comes', { timeoutMs: Infinity }, 'timeoutMs must be'],
    ['a timeout over a day', { timeoutMs: 86_400_001 }, 'timeoutMs must be'],
    ['a negative grace', { graceMs: -1 }, 'graceMs must be'],
    ['a grace over ten minutes', { graceMs: 600_001 }, 'graceMs must be'],
    ['a timeoutMaxMs below the timeout', { timeoutMs: 10, timeoutMaxMs: 9 }, 'timeoutMaxMs must be'],
    ['a timeoutMaxMs over ten days', { timeoutMaxMs: 864_000_001 }, 'timeoutMaxMs must be'],
    ['no attempt', { retry: { attempts: 0 } }, 'retry.attempts must be'],
    ['1,001 attempts', { retry: { attempts: 1_001 } }, 'retry.attempts must be'],
    ['an unknown backoff', { retry: { backoff: { type: 'linear' } } }, 'backoff.type must be'],
    ['a negative delay', { retry: { backoff: { delayMs: -1 } } }, 'backoff.delayMs must be'],
    ['a delay over a day', { retry: { backoff: { delayMs: 86_400_001 } } }, 'backoff.delayMs must be'],
    ['a negative jitter', { retry: { backoff: { jitter: -0.1 } } }, 'backoff.jitter must be'],
    ['a jitter over 1', { retry: { backoff: { jitter: 1.1 } } }, 'backoff.jitter must be'],
    ['a jitter that is no number', { retry: { backoff: { jitter: NaN } } }, 'backoff.jitter must be'],
    ['a payload that is no schema', { payload: { at: 'string' } }, 'payload must be a schema'],
    ['a schema of zod before Standard Schema', { payload: { _def: {}, parse: String } }, 'zod (from 3.25), valibot'],
    ['a class as a schema', { result: class Words {} }, 'result must be a schema'],
    ['text as a schema', { payload: 'string' }, 'payload must be a schema'],
    ['a schema that cannot validate', { result: { '~standard': { validate: true } } }, 'result must be a schema'],
    ['a schema without its properties', { payload: { '~standard': null } }, 'payload must be a schema'],
    ['no result', { result: undefined }, 'result must be a schema'],
    ['null for a result', { result: null }, 'result must be a schema'],
    ['an unknown option', { timeout: 5 }, 'timeout is no option here; did you mean timeoutMs?'],
    ['an unknown option of the backoff', { retry: { backoff: { delay: 5 } } }, 'did you mean delayMs?'],
    ['a retry policy that is a number', { retry: 5 }, 'retry must be an object'],
    ['a timeout that is text', { timeoutMs: '5' }, 'timeoutMs must be'],
    ['a timeout that is null', { timeoutMs: null }, 'timeoutMs must be'],
    ['an upcast that is no function', { version: 2, upcasts: { 1: 'x' } }, 'upcasts[1] must be a function'],
    ['a gap in the upcasts', { version: 3, upcasts: { 2: () => 1 } }, 'upcasts lacks a step from version 1'],
    ['an upcast from this version on', { version: 1, upcasts: { 1: () => 1 } }, 'from version 1, which is not below 1'],
    ['an upcast from no version', { version: 2, upcasts: { 1: () => 1, x: () => 1 } }, 'from version NaN'],
  ])('refuses %s', (_, options, problem) => {
    expect(() => define(options)).toThrow(DefinitionError);
    expect(() => define(options)).toThrow(problem);
  });

  it('reports all problems at once, and which job has them', () => {
    expect(() => define({ name: 'a b', version: 0, timeoutMs: 0, graceMs: -1, retry: { attempts: 0 } })).toThrow(
      /^job a b: name.*; version.*; timeoutMs.*; graceMs.*; retry\.attempts.*$/,
    );
  });
});

describe('the types of a contract', () => {
  const contract = defineJob({
    name: 'page.count',
    payload: z.object({ url: z.string(), deep: z.boolean().default(false), at: z.string().transform(Number) }),
    result: z.object({ words: z.string().transform(Number) }),
  });

  it('keep the name as a literal', () => {
    expectTypeOf(contract.name).toEqualTypeOf<'page.count'>();
  });

  it('distinguish what is put from what the handler gets', () => {
    expectTypeOf<PayloadInput<typeof contract>>().toEqualTypeOf<{
      url: string;
      deep?: boolean | undefined;
      at: string;
    }>();
    expectTypeOf<Payload<typeof contract>>().toEqualTypeOf<{ url: string; deep: boolean; at: number }>();
  });

  it('distinguish what the handler returns from what the caller reads', () => {
    expectTypeOf<ResultInput<typeof contract>>().toEqualTypeOf<{ words: string }>();
    expectTypeOf<Result<typeof contract>>().toEqualTypeOf<{ words: number }>();
  });

  it('let any contract stand where one is asked for', () => {
    expectTypeOf(contract).toExtend<JobContract>();
  });
});
