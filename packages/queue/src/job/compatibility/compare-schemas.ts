import { describePath } from '../errors/schema-issue.ts';

type Schema = Readonly<Record<string, unknown>> | boolean;
type Path = readonly (string | number)[];

/** Something that one schema allows and the other one refuses. */
export interface SchemaDifference {
  /** Where, as `a.b[]`; `(root)` for the whole value. */
  readonly path: string;
  /** What the reader refuses. */
  readonly problem: string;
}

/** Where a nested schema refers to itself, it has been compared by then. */
const PAIRS_MAX = 10_000;

/**
 * Whether a reader takes everything that a writer may send, both given as JSON Schema of the usual libraries. A member that the
 * writer does not name is taken as never sent. What cannot be compared is a difference unless it is equal on both sides: a
 * check for CI must not be silent about what it does not know.
 *
 * @returns what the reader refuses; empty when it takes all
 */
export function compareSchemas(reader: unknown, writer: unknown): SchemaDifference[] {
  return new Comparison(reader, writer).run();
}

class Comparison {
  readonly #readerRoot: Schema;
  readonly #writerRoot: Schema;
  readonly #seen = new Set<string>();

  constructor(reader: unknown, writer: unknown) {
    this.#readerRoot = asSchema(reader);
    this.#writerRoot = asSchema(writer);
  }

  run(): SchemaDifference[] {
    return this.#compare(this.#readerRoot, this.#writerRoot, []);
  }

  #compare(readerGiven: Schema, writerGiven: Schema, path: Path): SchemaDifference[] {
    const reader = resolve(readerGiven, this.#readerRoot);
    const writer = resolve(writerGiven, this.#writerRoot);
    if (acceptsAll(reader) || writer === false || isEqual(reader, writer)) return [];
    const pair = `${JSON.stringify(reader)}\n${JSON.stringify(writer)}`;
    if (this.#seen.has(pair) || this.#seen.size > PAIRS_MAX) return [];
    this.#seen.add(pair);
    if (reader === false) return [difference(path, 'nothing is taken here any more')];
    const written = branchesOf(writer);
    if (written.length > 1) return unique(written.flatMap((branch) => this.#compare(reader, branch, path)));
    return this.#compareOne(asObjectSchema(reader), written[0] ?? true, path);
  }

  /** The writer has one branch. */
  #compareOne(reader: Exclude<Schema, boolean>, writer: Schema, path: Path): SchemaDifference[] {
    const taken = branchesOf(reader);
    if (taken.length > 1) {
      const found = taken.map((branch) => this.#inBranch(branch, writer, path));
      const fits = found.some((differences) => differences.length === 0);
      const sameType = found.filter((_, at) => typeOf(taken[at]) === typeOf(writer));
      if (fits) return [];
      return sameType.length === 1 && sameType[0] ? sameType[0] : [difference(path, `${shown(writer)} is refused`)];
    }
    return this.#inBranch(taken[0] ?? reader, writer, path);
  }

  #inBranch(reader: Schema, writerGiven: Schema, path: Path): SchemaDifference[] {
    if (acceptsAll(reader)) return [];
    if (typeof reader === 'boolean') return [difference(path, 'nothing is taken here any more')];
    const writer = typeof writerGiven === 'boolean' ? {} : writerGiven;
    const wrongType = differentType(reader, writer, path);
    if (wrongType) return [wrongType];
    return [
      ...differentValues(reader, writer, path),
      ...differentBounds(reader, writer, path),
      ...differentWords(reader, writer, path),
      ...this.#members(reader, writer, path),
      ...this.#items(reader, writer, path),
    ];
  }

  #members(reader: Exclude<Schema, boolean>, writer: Exclude<Schema, boolean>, path: Path): SchemaDifference[] {
    const [read, written] = [asRecord(reader['properties']), asRecord(writer['properties'])];
    const always = new Set(asList(writer['required']));
    const missing = asList(reader['required'])
      .filter((name) => typeof name === 'string' && !always.has(name))
      .map((name) => difference([...path, String(name)], 'it must be there, and may be missing'));
    const rest = reader['additionalProperties'] ?? true;
    const named = Object.entries(written).flatMap(([name, schema]) => {
      const at = [...path, name];
      if (Object.hasOwn(read, name)) return this.#compare(asSchema(read[name]), asSchema(schema), at);
      return rest === false
        ? [difference(at, 'no such member is taken')]
        : this.#compare(asSchema(rest), asSchema(schema), at);
    });
    const others = writer['additionalProperties'];
    const isMap = typeof others === 'object' && others !== null;
    return [...missing, ...named, ...(isMap ? this.#compare(asSchema(rest), asSchema(others), [...path, '*']) : [])];
  }

  #items(reader: Exclude<Schema, boolean>, writer: Exclude<Schema, boolean>, path: Path): SchemaDifference[] {
    const [read, written] = [asList(reader['prefixItems']), asList(writer['prefixItems'])];
    const [readRest, writtenRest] = [reader['items'] ?? true, writer['items'] ?? true];
    const length = Math.max(read.length, written.length);
    const ofPosition = Array.from({ length }, (_, at) =>
      this.#compare(asSchema(read[at] ?? readRest), asSchema(written[at] ?? writtenRest), [...path, at]),
    ).flat();
    const isList = typeOf(reader) === 'array' || typeOf(writer) === 'array';
    if (!isList) return ofPosition;
    return [...ofPosition, ...this.#compare(asSchema(readRest), asSchema(writtenRest), [...path, '*'])];
  }
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const;

/** One schema for each alternative: of anyOf and oneOf, and of a list of types. */
function branchesOf(schema: Schema): Schema[] {
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

function resolve(schema: Schema, root: Schema): Schema {
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

function differentType(
  reader: Exclude<Schema, boolean>,
  writer: Exclude<Schema, boolean>,
  path: Path,
): SchemaDifference | null {
  const [read, written] = [typeOf(reader), typeOf(writer)];
  if (read === undefined || read === written || (read === 'number' && written === 'integer')) return null;
  return difference(path, `${written ?? 'any type'} is refused, ${read} is taken`);
}

/** By its type, else by the values that it lists. */
function typeOf(schema: Schema | undefined): string | undefined {
  if (typeof schema !== 'object') return undefined;
  const { type } = schema;
  if (typeof type === 'string') return type;
  const [first, ...others] = (valuesOf(schema) ?? []).map(typeOfValue);
  return others.every((each) => each === first) ? first : undefined;
}

function typeOfValue(value: unknown): (typeof TYPES)[number] {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'string' || typeof value === 'boolean' ? (typeof value as 'string' | 'boolean') : 'object';
}

function valuesOf(schema: Exclude<Schema, boolean>): unknown[] | null {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : null;
}

function differentValues(
  reader: Exclude<Schema, boolean>,
  writer: Exclude<Schema, boolean>,
  path: Path,
): SchemaDifference[] {
  const read = valuesOf(reader);
  if (!read) return [];
  const written = valuesOf(writer) ?? (typeOf(writer) === 'boolean' ? [true, false] : null);
  if (!written) return [difference(path, `only ${shownValues(read)} is taken`)];
  const refused = written.filter((value) => !read.some((known) => isEqual(known, value)));
  return refused.length === 0 ? [] : [difference(path, `${shownValues(refused)} is refused`)];
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

function differentBounds(
  reader: Exclude<Schema, boolean>,
  writer: Exclude<Schema, boolean>,
  path: Path,
): SchemaDifference[] {
  const values = valuesOf(writer);
  const exceeds = (name: string, isLower: boolean): boolean => {
    const limit = reader[name];
    if (typeof limit !== 'number') return false;
    if (values?.every((value) => isWithin(value, name, limit))) return false;
    const inclusive = name.replace('exclusiveM', 'm');
    const own = writer[name] ?? (inclusive === name ? writer[name.replace('m', 'exclusiveM')] : undefined);
    if (typeof own !== 'number')
      return !(name === 'minLength' || name === 'minItems' || name === 'minProperties') || limit > 0;
    return isLower ? own < limit : own > limit;
  };
  return [...LOWER.map((name) => [name, true] as const), ...UPPER.map((name) => [name, false] as const)]
    .filter(([name, isLower]) => exceeds(name, isLower))
    .map(([name]) => difference(path, `${name} is ${String(reader[name])}${said(writer[name])}`));
}

function said(value: unknown): string {
  return typeof value === 'number' ? `, and ${value} is sent` : '';
}

function isWithin(value: unknown, name: string, limit: number): boolean {
  const size = typeof value === 'number' ? value : typeof value === 'string' ? Array.from(value).length : NaN;
  if (name.startsWith('exclusiveM')) return name === 'exclusiveMinimum' ? size > limit : size < limit;
  return name.startsWith('min') ? size >= limit : size <= limit;
}

/** Words that only describe, and those that are compared above. */
const KNOWN = new Set<string>([
  ...LOWER,
  ...UPPER,
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  '$defs',
  'definitions',
  '$schema',
  '$id',
  'id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Of all else it is only known whether it is the same. A writer that lists its values is trusted with those of a string. */
function differentWords(
  reader: Exclude<Schema, boolean>,
  writer: Exclude<Schema, boolean>,
  path: Path,
): SchemaDifference[] {
  return Object.keys(reader)
    .filter((word) => !KNOWN.has(word) && !isEqual(reader[word], writer[word]))
    .filter(
      (word) => !(word === 'propertyNames' && typeOf(asSchema(reader[word])) === 'string' && isBare(reader[word])),
    )
    .map((word) =>
      difference(path, `${word} ${word in writer ? 'is another one' : 'is new'}: ${shownValues([reader[word]])}`),
    );
}

/** `{ "type": "string" }`, which every name of a member is. */
function isBare(schema: unknown): boolean {
  return Object.keys(asRecord(schema)).length === 1;
}

function acceptsAll(schema: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.keys(schema).every((word) => ['$schema', 'title', 'description', 'default', 'examples'].includes(word));
}

function difference(path: Path, problem: string): SchemaDifference {
  return { path: describePath([...path]), problem };
}

function unique(differences: SchemaDifference[]): SchemaDifference[] {
  return [...new Map(differences.map((each) => [`${each.path} ${each.problem}`, each])).values()];
}

function shown(schema: Schema): string {
  if (typeof schema === 'boolean') return 'any value';
  const values = valuesOf(schema);
  return values ? shownValues(values) : (typeOf(schema) ?? 'any value');
}

function shownValues(values: readonly unknown[]): string {
  const text = values.map((value) => JSON.stringify(value)).join(', ');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function asObjectSchema(schema: Schema): Exclude<Schema, boolean> {
  return typeof schema === 'boolean' ? {} : schema;
}

function asSchema(value: unknown): Schema {
  if (typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : true;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
