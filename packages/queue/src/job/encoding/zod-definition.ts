/** What a schema of zod was built from. zod 4 keeps it under `_zod.def`, zod 3 under `_def`. */
export type ZodDefinition = Readonly<Record<string, unknown>>;

/** Read by its structure, so that any version of zod will do and none is needed; undefined for what is no schema of zod. */
export function zodDefinition(schema: object): ZodDefinition | undefined {
  const { _zod: four, _def: three } = schema as { _zod?: { def?: ZodDefinition }; _def?: ZodDefinition };
  return four ? four.def : three;
}

/** `object`, `string` and so on of zod 4; `ZodObject`, `ZodString` and so on of zod 3. */
export function zodKind(definition: ZodDefinition): unknown {
  return definition['typeName'] ?? definition['type'];
}
