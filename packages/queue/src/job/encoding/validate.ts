import type { StandardSchemaV1 } from '@standard-schema/spec';
import { decidesAtOnce } from './decides-at-once.ts';

/** The decision of a schema about a value: the schema's output, or issues. */
export type Validation = StandardSchemaV1.Result<unknown>;

/**
 * Asks a schema of any library about a value.
 *
 * @returns a promise only where the schema gives one
 * @throws what the schema's own code throws, or rejects with it
 */
export function validate(schema: StandardSchemaV1, value: unknown): Validation | Promise<Validation> {
  if (isSlowZod(schema)) return schema.safeParseAsync(value).then(validationOf);
  const validation = schema['~standard'].validate(value);
  return 'then' in validation ? Promise.resolve(validation) : validation;
}

interface ZodSchema extends StandardSchemaV1 {
  safeParseAsync(value: unknown): Promise<ZodResult>;
}

type ZodResult =
  | { success: true; data: unknown }
  | { success: false; error: { issues: readonly StandardSchemaV1.Issue[] } };

/**
 * zod's `validate` runs a schema without waiting first. Where code in it turns out to be async it runs again, and a rejection of
 * the first run is unhandled: it would end the process.
 */
function isSlowZod(schema: StandardSchemaV1): schema is ZodSchema {
  if (decidesAtOnce(schema) || schema['~standard'].vendor !== 'zod') return false;
  return 'safeParseAsync' in schema && typeof schema.safeParseAsync === 'function';
}

function validationOf(result: ZodResult): Validation {
  return result.success ? { value: result.data } : { issues: result.error.issues };
}
