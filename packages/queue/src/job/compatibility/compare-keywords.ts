import { describePath } from '../errors/schema-issue.ts';
import { asRecord, asSchema, isEqual, type Schema, type SchemaObject, typeOf, valuesOf } from './schema-forms.ts';

/** Members and positions from the root. */
export type Path = readonly (string | number)[];

/** Something that one schema allows and the other one refuses. */
export interface SchemaDifference {
  /** Where, as `a.b[]`; `(root)` for the whole value. */
  readonly path: string;
  /** What the reader refuses. */
  readonly problem: string;
}

export function differentType(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference | null {
  const [read, written] = [typeOf(reader), typeOf(writer)];
  if (read === undefined || read === written || (read === 'number' && written === 'integer')) return null;
  return difference(path, `${written ?? 'any type'} is refused, ${read} is taken`);
}

export function differentValues(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference[] {
  const read = valuesOf(reader);
  if (!read) return [];
  const written = valuesOf(writer) ?? (typeOf(writer) === 'boolean' ? [true, false] : null);
  if (!written) return [difference(path, `only ${shownValues(read)} is taken`)];
  const refused = written.filter((value) => !read.some((known) => isEqual(known, value)));
  return refused.length === 0 ? [] : [difference(path, `${shownValues(refused)} is refused`)];
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

export function differentBounds(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference[] {
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
export function differentWords(reader: SchemaObject, writer: SchemaObject, path: Path): SchemaDifference[] {
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

export function difference(path: Path, problem: string): SchemaDifference {
  return { path: describePath([...path]), problem };
}

/** A schema in a few words, for a message. */
export function shown(schema: Schema): string {
  if (typeof schema === 'boolean') return 'any value';
  const values = valuesOf(schema);
  return values ? shownValues(values) : (typeOf(schema) ?? 'any value');
}

function shownValues(values: readonly unknown[]): string {
  const text = values.map((value) => JSON.stringify(value)).join(', ');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
