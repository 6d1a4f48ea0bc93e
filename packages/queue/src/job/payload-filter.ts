import { exactDecimal } from './encoding/exact-decimal.ts';
import { JsonText } from './encoding/json-text.ts';
import { Numeral, parseWithNumerals } from './encoding/numerals.ts';
import { type OptionRule, isObject } from './options/option-rules.ts';

/** A value that a field of a payload can be compared with. A number no double holds is given as a bigint, or as a JsonText. */
export type PayloadValue = string | number | bigint | boolean | null | JsonText;

/**
 * Fields of a payload by their paths, such as `to.domain` or `lines.0.sku`, each with the value that it must have, or with a list of
 * values of which it must have one.
 */
export type PayloadFields = Readonly<Record<string, PayloadValue | readonly PayloadValue[]>>;

const FIELDS_MAX = 10;
const VALUES_MAX = 100;
const TEXT_MAX_CHARS = 1_000;

export const payloadFieldsRule: OptionRule = {
  must: `be an object of at most ${FIELDS_MAX} paths of a payload, such as { 'to.domain': 'example.com' }, each with a string, a number, true, false or null, or a list of them`,
  holds: (value) => isObject(value) && isWithinLimits(Object.entries(value)),
};

function isWithinLimits(fields: [string, unknown][]): boolean {
  if (fields.length === 0 || fields.length > FIELDS_MAX) return false;
  return fields.every(([path, wanted]) => {
    const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    const isPath = path !== '' && path.length <= TEXT_MAX_CHARS;
    return isPath && values.length > 0 && values.length <= VALUES_MAX && values.every(isPayloadValue);
  });
}

function isPayloadValue(value: unknown): value is PayloadValue {
  if (typeof value === 'string') return value.length <= TEXT_MAX_CHARS;
  if (value instanceof JsonText) return NUMBER.test(value.text) && value.text.length <= TEXT_MAX_CHARS;
  return value === null || typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value);
}

const NUMBER = /^-?\d/;

/**
 * Whether a payload has all of these fields. Strings are compared exactly; numbers as they are written, so that
 * 9007199254740993 is not 9007199254740992. What is no JSON has no fields.
 */
export function payloadMatcher(fields: PayloadFields): (json: string) => boolean {
  const wanted = Object.entries(fields).map(([path, value]) => ({ path, keys: new Set(valuesOf(value).map(keyOf)) }));
  return (json) => {
    const payload = parse(json);
    return wanted.every(({ path, keys }) => valuesAt(payload, path).some((value) => keys.has(keyOf(value))));
  };
}

function valuesOf(value: PayloadValue | readonly PayloadValue[]): readonly PayloadValue[] {
  return isList(value) ? value : [value];
}

function isList(value: unknown): value is readonly PayloadValue[] {
  return Array.isArray(value);
}

function parse(json: string): unknown {
  try {
    return parseWithNumerals(json);
  } catch {
    return undefined;
  }
}

/** Equal for equal values only. Objects and lists have none. */
function keyOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return exactDecimal(String(value));
  if (value instanceof Numeral) return value.text;
  if (value instanceof JsonText) return exactDecimal(value.text);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  return undefined;
}

/** What stands at a path. A dot also stands for itself: `a.b` finds `{ a: { b } }` and `{ 'a.b' }`. */
function valuesAt(value: unknown, path: string): unknown[] {
  const found = membersAt(value, path);
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const inner = membersAt(value, path.slice(0, dot));
    found.push(...inner.flatMap((member) => valuesAt(member, path.slice(dot + 1))));
  }
  return found;
}

/** One, or none. A list has its positions, and no length. */
function membersAt(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  if (Array.isArray(value) && name === 'length') return [];
  return [(value as Record<string, unknown>)[name]];
}
