import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isObject } from '../options/option-rules.ts';
import { exactValue, memberText, type JsonText } from './json-text.ts';
import { zodDefinition } from './zod-definition.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A value of a member that {@link exactJson} marks: plain data, or a {@link JsonText} where plain data would not be exact. */
export type ExactJson = Json | JsonText;

const marked = new WeakSet<object>();

/**
 * Marks a schema that takes anything, such as `z.unknown()`: the JSON there comes back as the text that it was, digit by digit, as
 * plain data where that is the same, else as {@link JsonText}. It works as a member, optional or not, of an object of zod or
 * valibot that is a whole result; in schemas of other libraries a JsonText is refused.
 */
export function exactJson<Schema extends StandardSchemaV1>(schema: Schema): Schema {
  marked.add(schema);
  return schema;
}

/** Parses a stored value; the members that its schema marks with {@link exactJson} come exactly. */
export function parseExactly(schema: StandardSchemaV1, json: string): unknown {
  const value: unknown = JSON.parse(json);
  const names = exactMembersOf(schema);
  // The whole of it is what it was nearly always, and is found so faster than any of its members.
  if (names.length === 0 || !isObject(value) || JSON.stringify(value) === json) return value;
  const exact: Record<string, unknown> = { ...value };
  for (const name of names) {
    const text = memberText(json, name);
    if (text !== undefined) exact[name] = exactValue(text);
  }
  return exact;
}

/** Whether a {@link JsonText} at this place of a value is read as one again. */
export function takesJsonText(schema: StandardSchemaV1, path: readonly PropertyKey[]): boolean {
  const [name, ...deeper] = path;
  return typeof name === 'string' && deeper.length === 0 && exactMembersOf(schema).includes(name);
}

/** Of each schema: it is asked for with every payload and result. */
const known = new WeakMap<object, readonly string[]>();

function exactMembersOf(schema: object): readonly string[] {
  const before = known.get(schema);
  if (before) return before;
  const names = Object.entries(membersOf(schema)).flatMap(([name, member]) => (isExact(member) ? [name] : []));
  known.set(schema, names);
  return names;
}

/** The schemas of an object's members: `shape` in zod, `entries` in valibot. */
function membersOf(schema: object): Readonly<Record<string, unknown>> {
  const { shape, entries } = schema as { shape?: unknown; entries?: unknown };
  return [shape, entries].find(isObject) ?? {};
}

/** Also inside an optional schema: `innerType` in zod, `wrapped` in valibot. */
function isExact(member: unknown): boolean {
  if (typeof member !== 'object' || member === null) return false;
  const inner = zodDefinition(member)?.['innerType'] ?? (member as { wrapped?: unknown }).wrapped;
  return marked.has(member) || isExact(inner);
}
