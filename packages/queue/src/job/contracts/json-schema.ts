import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/**
 * The JSON Schema (draft 2020-12) of a payload or result, for the documentation of a contract: what a caller sends is the
 * payload schema's input, what it reads the result schema's output. It comes from the schema itself, by Standard JSON Schema: zod from 4.2,
 * arktype, and valibot where the schema was wrapped in `toStandardJsonSchema` of `@valibot/to-json-schema`.
 *
 * @returns null where the library cannot tell (zod 3, zod mini), or JSON Schema has no word for the schema, such as `z.void()`
 */
export function jsonSchemaOf(schema: StandardSchemaV1, side: 'input' | 'output'): Record<string, unknown> | null {
  const standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema['~standard'];
  try {
    return standard.jsonSchema?.[side]({ target: 'draft-2020-12' }) ?? null;
  } catch {
    return null;
  }
}
