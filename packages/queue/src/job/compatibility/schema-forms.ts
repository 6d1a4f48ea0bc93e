/** JSON Schema as the libraries write it: an object of keywords, or what takes all or nothing. */
export type Schema = SchemaObject | boolean;
export type SchemaObject = Readonly<Record<string, unknown>>;

type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';

/** One schema for each alternative: of anyOf and oneOf, and of a list of types. */
export function branchesOf(schema: Schema): Schema[] {
  if (typeof schema === 'boolean') return [schema];
  const { anyOf, oneOf, type, ...rest } = schema;
  const alternatives = asList(anyOf ?? oneOf);
  if (alternatives.length > 0) {
    const outer = type === undefined ? rest : { ...rest, type };
    return alternatives.flatMap((each) => branchesOf(merge(outer, asSchema(each))));
  }
  if (Array.isArray(type)) return type.map((each: unknown) => ({ ...rest, type: each }));
  return [schema];
}

/** The schema with what its `$ref` points to and all of its `allOf` put into it. */
export function resolve(schema: Schema, root: Schema): Schema {
  if (typeof schema === 'boolean') return schema;
  const { $ref, allOf, ...rest } = schema;
  let found: Schema = rest;
  if (typeof $ref === 'string') found = merge(found, resolve(pointedAt($ref, root), root));
  for (const part of asList(allOf)) found = merge(found, resolve(asSchema(part), root));
  return found;
}

function pointedAt(ref: string, root: Schema): Schema {
  if (!ref.startsWith('#')) return { $ref: ref };
  let found: unknown = root;
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    found = asRecord(found)[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return found === root ? omitRefs(root) : asSchema(found);
}

/** A schema that is the root itself: its own reference would be followed for ever. */
function omitRefs(schema: Schema): Schema {
  if (typeof schema === 'boolean') return schema;
  const { $ref: _ref, ...rest } = schema;
  return rest;
}

function merge(one: Schema, other: Schema): Schema {
  if (typeof one === 'boolean') return one ? other : false;
  if (typeof other === 'boolean') return other ? one : false;
  const both = { ...one, ...other };
  const required = [...asList(one['required']), ...asList(other['required'])];
  const properties = { ...asRecord(one['properties']), ...asRecord(other['properties']) };
  return {
    ...both,
    ...(required.length > 0 && { required: [...new Set(required)] }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

/** By its type, else by the values that it lists. */
export function typeOf(schema: Schema | undefined): string | undefined {
  if (typeof schema !== 'object') return undefined;
  const { type } = schema;
  if (typeof type === 'string') return type;
  const [first, ...others] = (valuesOf(schema) ?? []).map(typeOfValue);
  return others.every((each) => each === first) ? first : undefined;
}

function typeOfValue(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'string' || typeof value === 'boolean' ? (typeof value as TypeName) : 'object';
}

/** The values that it lists, if it does. */
export function valuesOf(schema: SchemaObject): unknown[] | null {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : null;
}

export function acceptsAll(schema: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.keys(schema).every((word) => ['$schema', 'title', 'description', 'default', 'examples'].includes(word));
}

export function asObjectSchema(schema: Schema): SchemaObject {
  return typeof schema === 'boolean' ? {} : schema;
}

export function asSchema(value: unknown): Schema {
  if (typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : true;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
