import { randomUUID } from 'node:crypto';
import type { SchemaIssue } from '../errors/index.ts';
import { exactDecimal } from './exact-decimal.ts';
import { JsonText } from './json-text.ts';
import { rawJSON } from './raw-json.ts';

/** `undefined` as it is stored where null means something else: for every reader of JSON it is null. */
export const UNDEFINED_JSON = 'null ';

/**
 * The JSON of a value that JSON can hold, with -0 as `-0`, which `JSON.stringify` writes as 0, and each {@link JsonText} as it is.
 *
 * @param isSpecial whether to look for these: it costs a call for each value
 */
export function writeJson(value: unknown, isSpecial = true): string {
  if (!isSpecial) return JSON.stringify(value);
  const texts: string[] = [];
  // It cannot occur in a string of the value.
  const place = randomUUID();
  const json = JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, each: unknown) {
    const held = this[key];
    if (!(held instanceof JsonText)) return keepSign(each);
    texts.push(held.text);
    return place;
  });
  if (texts.length === 0) return json;
  return json.split(`"${place}"`).reduce((before, after, index) => `${before}${texts[index - 1] ?? ''}${after}`);
}

/** A value that any `JSON.stringify` writes as {@link writeJson} does: for values that others put into JSON. */
export function asStringifiable(json: string): unknown {
  if (!/-0(?![.\d])/.test(json)) return JSON.parse(json);
  return JSON.parse(json, (_, value: unknown) => keepSign(value));
}

function keepSign(value: unknown): unknown {
  return Object.is(value, -0) ? rawJSON('-0') : value;
}

const ISSUES_MAX = 20;

/** A number with this many digits, or with an exponent, may not fit a double. Text in strings may match, too. */
const MAY_BE_INEXACT = /\d[.\d]{15}|\d[eE]/;

/**
 * Finds each number of a JSON text that would come out as another one: a double holds some 16 digits. Such numbers are for
 * their sender to put in a string.
 *
 * @throws SyntaxError when it is no JSON; RangeError when it nests too deep to be looked at
 */
export function findInexactNumbers(json: string): SchemaIssue[] {
  if (!MAY_BE_INEXACT.test(json)) return [];
  const found = new Map<object, Set<string>>();
  const value: unknown = JSON.parse(json, function (this: object, key, each: unknown, context?: { source?: string }) {
    if (typeof each === 'number' && !isExact(each, context?.source)) {
      found.set(this, (found.get(this) ?? new Set()).add(key));
    }
    return each;
  });
  if (found.size === 0) return [];
  if (typeof value === 'number') return [issueAt([])];
  return [...issuesIn(value, found, [])].slice(0, ISSUES_MAX);
}

function isExact(value: number, source: string | undefined): boolean {
  return source === undefined || (Number.isFinite(value) && exactDecimal(source) === exactDecimal(String(value)));
}

/** The places of what was found, in the order of the text. */
function* issuesIn(
  value: unknown,
  found: ReadonlyMap<object, ReadonlySet<string>>,
  path: SchemaIssue['path'],
): Generator<SchemaIssue> {
  if (typeof value !== 'object' || value === null) return;
  const keys = found.get(value);
  for (const [key, member] of Object.entries(value)) {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (keys?.has(key)) yield issueAt(place);
    else yield* issuesIn(member, found, place);
  }
}

function issueAt(path: SchemaIssue['path']): SchemaIssue {
  return { path, message: 'is a number that would be rounded; send it as a string' };
}
