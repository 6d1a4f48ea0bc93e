import { zodDefinition, zodKind } from './zod-definition.ts';

/** Kinds of zod's schemas that hold no function of the contract's author, and where others stand inside them. */
const plain: ReadonlyMap<unknown, readonly string[]> = new Map(
  Object.entries({
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
    // zod 3
    ZodString: [],
    ZodNumber: [],
    ZodBoolean: [],
    ZodNull: [],
    ZodUndefined: [],
    ZodVoid: [],
    ZodAny: [],
    ZodUnknown: [],
    ZodNever: [],
    ZodLiteral: [],
    ZodEnum: [],
    ZodNativeEnum: [],
    ZodObject: ['shape', 'catchall'],
    ZodArray: ['type'],
    ZodTuple: ['items', 'rest'],
    ZodRecord: ['keyType', 'valueType'],
    ZodUnion: ['options'],
    ZodDiscriminatedUnion: ['options'],
    ZodIntersection: ['left', 'right'],
    ZodOptional: ['innerType'],
    ZodNullable: ['innerType'],
    ZodReadonly: ['innerType'],
    ZodDefault: ['innerType'],
    ZodBranded: ['type'],
  }),
);

const known = new WeakMap<object, boolean>();

/**
 * Whether a schema comes to its decision without waiting for anything, whatever the value: such a one is asked at a third of
 * the cost. Looks at what a schema of zod is made of; all that may run code of the contract's author (refinements, transforms,
 * custom and lazy schemas) counts as slow, since it is unknown whether that code waits. So do schemas of other libraries.
 */
export function decidesAtOnce(schema: object): boolean {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const decision = isPlain(schema);
  known.set(schema, decision);
  return decision;
}

function isPlain(schema: object): boolean {
  const definition = zodDefinition(schema);
  const parts = definition && plain.get(zodKind(definition));
  if (!parts || hasOwnCheck(definition['checks'])) return false;
  return parts.every((part) => schemasIn(definition[part]).every(decidesAtOnce));
}

/** A check of the author's own, as zod 4 lists it among its checks. In zod 3 such a check makes another kind of schema. */
function hasOwnCheck(checks: unknown): boolean {
  return Array.isArray(checks) && checks.some((check: object) => zodDefinition(check)?.['check'] === 'custom');
}

/** A part is a schema, several of them, some by name, a function that gives these, or not there. */
function schemasIn(part: unknown): object[] {
  if (typeof part === 'function') return schemasIn(part());
  if (typeof part !== 'object' || part === null) return [];
  return zodDefinition(part) ? [part] : Object.values(part as Readonly<Record<string, object>>);
}
