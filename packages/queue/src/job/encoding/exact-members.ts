import { z } from 'zod';
import { isObject } from '../options/option-rules.ts';
import { exactValue, memberText, type JsonText } from './json-text.ts';

/** A value of {@link exactJson}: plain data, or a {@link JsonText} where plain data would not be exact. */
export type ExactJson = z.core.util.JSONType | JsonText;

/**
 * The schema of any JSON that comes back as the text that it was, digit by digit: as plain data where that is the same,
 * else as {@link JsonText}. It works as a member of an object that is a whole result.
 */
export const exactJson: z.ZodType<ExactJson, ExactJson> = z.unknown() as unknown as z.ZodType<ExactJson, ExactJson>;

/** Parses a stored value; the members that its schema holds to {@link exactJson} come exactly. */
export function parseExactly(schema: z.ZodType, json: string): unknown {
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
export function takesJsonText(schema: z.ZodType, path: readonly PropertyKey[]): boolean {
  const [name, ...deeper] = path;
  return typeof name === 'string' && deeper.length === 0 && exactMembersOf(schema).includes(name);
}

/** Of each schema: it is asked for with every payload and result. */
const known = new WeakMap<z.ZodType, readonly string[]>();

function exactMembersOf(schema: z.ZodType): readonly string[] {
  const before = known.get(schema);
  if (before) return before;
  const shape = schema instanceof z.ZodObject ? Object.entries(schema.shape) : [];
  const names = shape.flatMap(([name, member]) => (isExact(member) ? [name] : []));
  known.set(schema, names);
  return names;
}

function isExact(member: unknown): boolean {
  return member === exactJson || (member instanceof z.ZodOptional && isExact(member.unwrap()));
}
