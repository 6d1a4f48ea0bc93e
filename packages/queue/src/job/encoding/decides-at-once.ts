import type { z } from 'zod';

/** Kinds of schemas that hold no function of the contract's author, and where others stand inside them. */
const plain: Readonly<Record<string, readonly string[]>> = {
  string: [],
  number: [],
  int: [],
  boolean: [],
  null: [],
  undefined: [],
  void: [],
  any: [],
  unknown: [],
  never: [],
  literal: [],
  enum: [],
  template_literal: [],
  object: ['shape', 'catchall'],
  array: ['element'],
  tuple: ['items', 'rest'],
  record: ['keyType', 'valueType'],
  union: ['options'],
  intersection: ['left', 'right'],
  optional: ['innerType'],
  nullable: ['innerType'],
  nonoptional: ['innerType'],
  readonly: ['innerType'],
  default: ['innerType'],
  prefault: ['innerType'],
};

const known = new WeakMap<z.core.$ZodType, boolean>();

/**
 * Whether a schema comes to its decision without waiting for anything, whatever the value: such a one is asked at a third of
 * the cost. Looks at what it is made of; all that may run code of the contract's author (refinements, transforms, custom
 * and lazy schemas) counts as slow, since nobody can know whether that code waits.
 */
export function decidesAtOnce(schema: z.core.$ZodType): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const decision = isPlain(schema);
  known.set(schema, decision);
  return decision;
}

function isPlain(schema: z.core.$ZodType): boolean {
  const definition = schema._zod.def as unknown as Readonly<Record<string, unknown>> & z.core.$ZodTypeDef;
  const parts = plain[definition.type];
  if (!parts || definition.checks?.some((check) => check._zod.def.check === 'custom')) return false;
  return parts.every((part) => schemasIn(definition[part]).every(decidesAtOnce));
}

/** A part is a schema, several of them, some by name, or not there. */
function schemasIn(part: unknown): z.core.$ZodType[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('_zod' in part) return [part as z.core.$ZodType];
  return Object.values(part) as z.core.$ZodType[];
}
