import { type } from 'arktype';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob, type JobOptions } from '../contracts/job-contract.ts';
import { defineQueue } from '../contracts/queue-policy.ts';
import { checkContracts } from './check-contracts.ts';
import { type ContractsDescription, describeContracts } from './describe-contracts.ts';

type Options = Partial<JobOptions<string, z.ZodType, z.ZodType>>;

function build(options: Options = {}, queue: Partial<Parameters<typeof defineQueue>[0]> = {}): ContractsDescription {
  const payload = z.object({ to: z.string(), size: z.int().default(1) });
  const job = defineJob({ name: 'email.send', payload, result: z.object({ id: z.string() }), ...options });
  const described = describeContracts({
    queues: [defineQueue({ name: 'emails', capacity: 10, jobs: [job], ...queue })],
  });
  return JSON.parse(JSON.stringify(described)) as ContractsDescription; // as from a file
}

const rules = (before: ContractsDescription, after: ContractsDescription): string[] =>
  checkContracts(before, after).map(({ level, rule }) => `${level} ${rule}`);

const base = { to: z.string(), size: z.int().default(1) };
const payloads = (shape: z.ZodRawShape): Options => ({ payload: z.object(shape) });
const results = (shape: z.ZodRawShape): Options => ({ result: z.object(shape) });

describe('checkContracts', () => {
  it('finds nothing in the same build, nor in what is only added', () => {
    expect(rules(build(), build())).toEqual([]);
    const more = defineJob({ name: 'email.track', payload: z.object({}), result: z.void() });
    const before = describeContracts({ queues: [defineQueue({ name: 'a', capacity: 1, jobs: [more] })] });
    const queues = ['a', 'b'].map((name) => defineQueue({ name, capacity: 1, jobs: [more] }));
    expect(checkContracts(before, describeContracts({ queues }))).toEqual([]);
  });

  it.each<[string, Options, Options, string[]]>([
    ['a new member that may be missing', payloads(base), payloads({ ...base, cc: z.string().optional() }), []],
    ['a new member with a default', payloads(base), payloads({ ...base, cc: z.string().default('') }), []],
    [
      'a new member that must be there',
      payloads(base),
      payloads({ ...base, cc: z.string() }),
      ['breaks old-payload-refused'],
    ],
    [
      'a member that must be there no more',
      payloads(base),
      payloads({ size: base.size }),
      ['breaks version-not-raised'],
    ],
    [
      'a member that is optional now',
      payloads(base),
      payloads({ ...base, to: z.string().optional() }),
      ['breaks version-not-raised'],
    ],
    [
      'another type',
      payloads(base),
      payloads({ ...base, to: z.number() }),
      ['breaks old-payload-refused', 'breaks version-not-raised'],
    ],
    [
      'a wider type',
      payloads(base),
      payloads({ ...base, to: z.union([z.string(), z.number()]) }),
      ['breaks version-not-raised'],
    ],
    [
      'a narrower type',
      payloads({ to: z.string().nullable() }),
      payloads({ to: z.string() }),
      ['breaks old-payload-refused'],
    ],
    [
      'a value less of an enum',
      payloads({ to: z.enum(['a', 'b']) }),
      payloads({ to: z.enum(['a']) }),
      ['breaks old-payload-refused'],
    ],
    [
      'a value more of an enum',
      payloads({ to: z.enum(['a']) }),
      payloads({ to: z.enum(['a', 'b']) }),
      ['breaks version-not-raised'],
    ],
    [
      'a tighter bound',
      payloads({ to: z.string() }),
      payloads({ to: z.string().max(9) }),
      ['breaks old-payload-refused'],
    ],
    [
      'a looser bound',
      payloads({ n: z.int().max(9) }),
      payloads({ n: z.int().max(10) }),
      ['breaks version-not-raised'],
    ],
    [
      'a format that is new',
      payloads({ to: z.string() }),
      payloads({ to: z.email() }),
      Array(2).fill('breaks old-payload-refused'),
    ],
    [
      'a strict object',
      payloads({ ...base, old: z.string().optional() }),
      { payload: z.strictObject(base) },
      ['breaks old-payload-refused'],
    ],
    [
      'a nested list',
      payloads({ to: z.array(z.object({ a: z.string() })) }),
      payloads({ to: z.array(z.object({ a: z.string(), b: z.string() })) }),
      ['breaks old-payload-refused'],
    ],
    [
      'a raised version with an upcast',
      payloads(base),
      { ...payloads({ ...base, cc: z.string() }), version: 2, upcasts: { 1: (old) => old } },
      [],
    ],
    [
      'a raised version without one',
      payloads(base),
      { ...payloads({ ...base, cc: z.string() }), version: 2 },
      ['breaks old-payload-refused'],
    ],
    ['a raised version that takes old payloads', payloads(base), { ...payloads({ size: base.size }), version: 2 }, []],
    ['a lowered version', { version: 2 }, {}, ['breaks version-lowered']],
    [
      'a result with a new member',
      results({ id: z.string() }),
      results({ id: z.string(), at: z.int() }),
      ['breaks old-result-refused'],
    ],
    [
      'a result without a member',
      results({ id: z.string(), at: z.int() }),
      results({ id: z.string() }),
      ['breaks new-result-refused'],
    ],
    ['no result any more', {}, { result: z.void() }, ['breaks old-result-refused', 'breaks new-result-refused']],
    ['a shorter timeout', { timeoutMs: 9_000 }, { timeoutMs: 5_000 }, Array(2).fill('warns timeout-lowered')],
    [
      'a schema that JSON Schema cannot say',
      { payload: z.bigint() },
      { payload: z.bigint() },
      ['warns not-comparable'],
    ],
  ])('says of %s what it does', (_what, before, after, expected) => {
    expect(rules(build(before), build(after))).toEqual(expected);
  });

  it('names the place and what to do', () => {
    const [found] = checkContracts(build(payloads(base)), build(payloads({ ...base, list: z.tuple([z.string()]) })));
    expect(found).toEqual({
      level: 'breaks',
      rule: 'old-payload-refused',
      queue: 'emails',
      job: 'email.send',
      message:
        'new workers refuse jobs that are in the queue: list: it must be there, and may be missing; raise the version and give an upcast, or make it optional',
    });
  });

  it('says what a queue loses', () => {
    const other = defineJob({ name: 'other', payload: z.object({}), result: z.void() });
    expect(rules(build(), build({}, { jobs: [other] }))).toEqual(['breaks job-removed']);
    expect(rules(build(), build({}, { name: 'mails' }))).toEqual(['breaks queue-removed']);
    expect(rules(build(), build({}, { prefix: 'app' }))).toEqual(['breaks prefix-changed']);
    expect(rules(build(), build({}, { capacity: 5, whenFull: 'drop-oldest' }))).toEqual(
      Array(2).fill('warns policy-changed'),
    );
  });

  it('ends on schemas that refer to themselves', () => {
    const tree = (leaf: z.ZodType): z.ZodType => {
      const node: z.ZodType = z.object({ leaf, children: z.lazy(() => z.array(node)) });
      return node;
    };
    expect(rules(build({ payload: tree(z.string()) }), build({ payload: tree(z.string()) }))).toEqual([]);
    expect(rules(build({ payload: tree(z.string()) }), build({ payload: tree(z.int()) }))).toContain(
      'breaks old-payload-refused',
    );
  });

  it('reads the schemas of valibot and arktype', () => {
    const of = (payload: JobOptions<string, z.ZodType, z.ZodType>['payload']) => build({ payload });
    const valibot = (schema: Parameters<typeof toStandardJsonSchema>[0]) => of(toStandardJsonSchema(schema) as never);
    const before = valibot(v.object({ a: v.string() }));
    expect(rules(before, before)).toEqual([]);
    expect(rules(before, valibot(v.object({ a: v.string(), b: v.number() })))).toEqual(['breaks old-payload-refused']);
    const ark = of(type({ a: "'x' | 'y'", 'n?': 'number > 3' }) as never);
    expect(rules(ark, ark)).toEqual([]);
    expect(rules(ark, of(type({ a: "'x'", 'n?': 'number > 5' }) as never))).toEqual(
      Array(2).fill('breaks old-payload-refused'),
    );
  });

  it('refuses what is no description of contracts', () => {
    expect(() => checkContracts({ queues: [] } as never, build())).toThrow(
      'check-contracts: the first is no description',
    );
    expect(() => checkContracts(build(), { format: 1, queues: [{}] } as never)).toThrow('the second is no description');
  });
});
