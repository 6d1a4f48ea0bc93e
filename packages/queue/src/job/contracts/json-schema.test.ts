import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod-3';
import { z as z41 } from 'zod-4.1';
import * as mini from 'zod/mini';
import { jsonSchemaOf } from './json-schema.ts';

const optionalText = { type: 'object', properties: { text: { type: 'string' } } };

describe('the JSON Schema of a schema', () => {
  it.each([
    ['zod 4', z.object({ text: z.string().default('x') })],
    ['arktype', type({ text: "string = 'x'" })],
    ['valibot with its converter', toStandardJsonSchema(v.object({ text: v.optional(v.string(), 'x') }))],
  ])('is what %s says of it', (_, schema) => {
    expect(jsonSchemaOf(schema, 'input')).toMatchObject(optionalText);
    expect(jsonSchemaOf(schema, 'input')?.['required'] ?? []).toEqual([]);
  });

  it('distinguishes what is sent from what is read', () => {
    const schema = z.object({ n: z.string().transform(Number).pipe(z.number()), text: z.string().default('x') });
    expect(jsonSchemaOf(schema, 'input')).toMatchObject({ properties: { n: { type: 'string' } }, required: ['n'] });
    expect(jsonSchemaOf(schema, 'output')).toMatchObject({
      properties: { n: { type: 'number' } },
      required: ['n', 'text'],
    });
  });

  it.each([
    ['zod 3', z3.object({})],
    ['zod 4.1', z41.object({})],
    ['zod mini', mini.object({})],
    ['valibot alone', v.object({})],
    ['a schema that has no form in JSON Schema', z.void()],
    ['a transform, whose output nobody knows', z.string().transform(Number)],
  ])('is not known of %s', (_, schema) => {
    expect(jsonSchemaOf(schema, 'output')).toBeNull();
  });
});
