import { inspect } from 'node:util';

/** A matcher of vitest or jest, such as `expect.any(String)`. */
export interface AsymmetricMatcher {
  /** Whether a value passes. */
  asymmetricMatch(value: unknown): boolean;
}

/** What a part of a payload is compared with. A RegExp is for strings. */
type PartOf<T> =
  | AsymmetricMatcher
  | (T extends string ? T | RegExp : T extends readonly (infer Each)[] ? readonly PartOf<Each>[] : FieldsOf<T>);
type FieldsOf<T> = T extends object ? { readonly [Name in keyof T]?: PartOf<T[Name]> } : T;

/**
 * Which payloads are meant: a part of one (fields that it leaves out may be anything; lists have the same length), or a function
 * that says whether a payload is.
 */
export type Match<T> = PartOf<T> | ((payload: T) => boolean);

/** Where a value differs from what is wanted; empty when it matches. */
export function findDifferences(wanted: unknown, value: unknown, path = ''): string[] {
  if (wanted === undefined && path === '') return [];
  if (typeof wanted === 'function') return callMatch(wanted as (value: unknown) => unknown, value);
  if (isMatcher(wanted)) return wanted.asymmetricMatch(value) ? [] : [differs(path, value, wanted)];
  if (wanted instanceof RegExp)
    return typeof value === 'string' && wanted.test(value) ? [] : [differs(path, value, wanted)];
  if (wanted instanceof Date) {
    return value instanceof Date && Number(wanted) === Number(value) ? [] : [differs(path, value, wanted)];
  }
  if (Array.isArray(wanted)) return differencesOfList(wanted, value, path);
  if (typeof wanted !== 'object' || wanted === null) {
    return Object.is(wanted, value) ? [] : [differs(path, value, wanted)];
  }
  if (typeof value !== 'object' || value === null) return [differs(path, value, wanted)];
  return Object.entries(wanted).flatMap(([name, each]) =>
    findDifferences(each, (value as Readonly<Record<string, unknown>>)[name], path === '' ? name : `${path}.${name}`),
  );
}

function differencesOfList(wanted: readonly unknown[], value: unknown, path: string): string[] {
  if (!Array.isArray(value)) return [differs(path, value, wanted)];
  if (value.length !== wanted.length) {
    return [`${path || 'payload'}: a list of ${value.length} instead of ${wanted.length}`];
  }
  return wanted.flatMap((each, index) => findDifferences(each, value[index], `${path}[${index}]`));
}

function callMatch(match: (value: unknown) => unknown, value: unknown): string[] {
  return match(value) ? [] : ['the function that was given says no'];
}

function isMatcher(value: unknown): value is AsymmetricMatcher {
  return typeof value === 'object' && value !== null && 'asymmetricMatch' in value;
}

function differs(path: string, value: unknown, wanted: unknown): string {
  return `${path || 'payload'}: ${show(value)} instead of ${show(wanted)}`;
}

/** A value in one line, for messages. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  const text = inspect(value, { depth: 4, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 });
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
