import fc from 'fast-check';

/** A JSON Schema, as far as the document of the API has any. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
}

/** What would have a request take long, by the names of the fields. */
const SHORT: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  wait: fc.constant(0),
  waitMs: fc.nat(5),
  limit: fc.integer({ min: 1, max: 5 }),
  ratePerSecond: fc.constant(10_000),
  // What random values would hardly ever be.
  url: fc.constant('http://example.test/'),
  job: fc.constant('page.digest'),
  expiresAt: fc.constant(Date.now() + 86_400_000),
};
const DEEPEST = 4;

/** Values that a schema allows, so far as it says; `$ref` are looked up in `schemas`. */
export function jsonOf(schema: Schema, schemas: Readonly<Record<string, Schema>>, depth = 0): fc.Arbitrary<unknown> {
  const inside = (each: Schema): fc.Arbitrary<unknown> => jsonOf(each, schemas, depth + 1);
  if (schema.$ref !== undefined) {
    const named = schemas[schema.$ref.split('/').at(-1) ?? ''];
    return named && depth < DEEPEST ? inside(named) : fc.constant({});
  }
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return fc.oneof(...either.map(inside));
  const { minimum, maximum } = schema;
  switch (schema.type) {
    case 'object':
      return objectOf(schema, inside, depth);
    case 'array':
      return fc.array(inside(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: depth > 1 ? 1 : 4 });
    case 'string':
      return fc.oneof(fc.string({ minLength: schema.minLength ?? 0, maxLength: 12 }), fc.constantFrom('a', 'b'));
    case 'integer':
      return fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1_000, (minimum ?? 0) + 2_000) });
    case 'number':
      return fc.integer({ min: minimum ?? 0, max: Math.min(maximum ?? 1_000, (minimum ?? 0) + 2_000) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf(
  { properties = {}, required = [] }: Schema,
  inside: (schema: Schema) => fc.Arbitrary<unknown>,
  depth: number,
): fc.Arbitrary<unknown> {
  const names = Object.keys(properties);
  const optional = names.filter((name) => depth < DEEPEST && !required.includes(name));
  const of = (name: string): fc.Arbitrary<unknown> => SHORT[name] ?? inside(properties[name] ?? {});
  // A few at a time: of all that may be there, some contradict each other.
  return fc
    .subarray(optional, { maxLength: Math.min(3, optional.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(
          names.filter((name) => required.includes(name) || chosen.includes(name)).map((name) => [name, of(name)]),
        ),
      ),
    );
}
