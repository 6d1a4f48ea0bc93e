import { limits } from '../contracts/limits.ts';
import type { SchemaIssue } from '../errors/index.ts';
import { JsonText } from './json-text.ts';

/** What {@link findJsonLosses} saw. */
export interface JsonSurvey {
  /** Every place whose value would come back changed, or not at all; at most 20. */
  issues: SchemaIssue[];
  /** No fewer bytes than this are needed for the JSON; counting stops once it is over `maxBytes`. */
  leastBytes: number;
  /** A property that is `undefined` was met, which JSON leaves out. */
  leavesOut: boolean;
  /** A -0 was met, which `JSON.stringify` writes as 0. */
  hasNegativeZero: boolean;
  /** The places of each JsonText: nothing is lost of it where the reader knows of it. */
  jsonTexts: SchemaIssue['path'][];
  /** The places of keys named `__proto__`: JSON holds them, and some schemas leave them out. */
  protoKeys: SchemaIssue['path'][];
}

interface Walk extends JsonSurvey {
  readonly path: (string | number)[];
  /** The objects that the walk is inside of: meeting one again is a cycle, meeting any other twice is not. */
  readonly around: Set<object>;
  readonly maxBytes: number;
}

const ISSUES_MAX = 20;

/**
 * Finds what JSON would lose of a value: what `JSON.parse(JSON.stringify(value))` would drop, change or refuse.
 *
 * One loss is let through, because TypeScript's optional properties need it: a property that is `undefined` is left
 * out. (A lone surrogate in a string is escaped and comes back.)
 */
export function findJsonLosses(value: unknown, maxBytes: number): JsonSurvey {
  const survey: JsonSurvey = {
    issues: [],
    leastBytes: 0,
    leavesOut: false,
    hasNegativeZero: false,
    jsonTexts: [],
    protoKeys: [],
  };
  const walk: Walk = Object.assign(survey, { path: [], around: new Set<object>(), maxBytes });
  visit(walk, value);
  return walk;
}

function visit(walk: Walk, value: unknown): void {
  walk.leastBytes += typeof value === 'string' ? value.length + 2 : 1;
  if (walk.leastBytes > walk.maxBytes || walk.issues.length >= ISSUES_MAX) return;
  if (typeof value === 'object' && value !== null) return visitObject(walk, value);
  if (Object.is(value, -0)) walk.hasNegativeZero = true;
  const loss = lossOfPrimitive(value);
  if (loss) report(walk, loss);
}

function lossOfPrimitive(value: unknown): string | null {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? null : `${value} becomes null in JSON; send null or a string`;
    case 'bigint':
      return 'a bigint has no form in JSON; send it as a string';
    case 'undefined':
      return 'undefined has no form in JSON; send null, or leave the property out';
    case 'function':
    case 'symbol':
      return `a ${typeof value} has no form in JSON; leave it out`;
    default:
      return null;
  }
}

function visitObject(walk: Walk, value: object): void {
  if (value instanceof JsonText) {
    walk.jsonTexts.push([...walk.path]);
    walk.leastBytes += value.text.length;
    return;
  }
  const loss = lossOfObject(walk, value);
  if (loss) return report(walk, loss);
  walk.around.add(value);
  if (Array.isArray(value)) visitElements(walk, value);
  else visitProperties(walk, value);
  walk.around.delete(value);
}

function lossOfObject(walk: Walk, value: object): string | null {
  if (walk.around.has(value)) return 'refers back to an object that it is part of; send its id';
  if (walk.path.length >= limits.jsonMaxDepth) return `nests deeper than ${limits.jsonMaxDepth} levels`;
  if (!Array.isArray(value) && !isPlain(value))
    return `a ${className(value)} does not survive JSON; send ${plainFormOf(value)}`;
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return 'has a toJSON method, so JSON would hold something else';
  if (Object.getOwnPropertySymbols(value).some((key) => Object.prototype.propertyIsEnumerable.call(value, key))) {
    return 'has a symbol as a key, which JSON leaves out';
  }
  return null;
}

function visitElements(walk: Walk, elements: readonly unknown[]): void {
  for (let index = 0; index < elements.length && !isOver(walk); index += 1) visitAt(walk, index, elements[index]);
  // Only then: a match of a regular expression, for one, has named properties in addition to its elements.
  const named = isOver(walk) ? undefined : Object.keys(elements).find((key) => !isIndex(key, elements.length));
  if (named !== undefined) report(walk, `is an array with a property ${JSON.stringify(named)}, which JSON leaves out`);
}

function visitProperties(walk: Walk, value: object): void {
  for (const [key, property] of Object.entries(value)) {
    if (property === undefined) {
      walk.leavesOut = true;
      continue;
    }
    walk.leastBytes += key.length + 3;
    if (key === '__proto__') walk.protoKeys.push([...walk.path, key]);
    visitAt(walk, key, property);
    if (isOver(walk)) return;
  }
}

function visitAt(walk: Walk, key: string | number, value: unknown): void {
  walk.path.push(key);
  visit(walk, value);
  walk.path.pop();
}

function isOver(walk: Walk): boolean {
  return walk.leastBytes > walk.maxBytes || walk.issues.length >= ISSUES_MAX;
}

function report(walk: Walk, message: string): void {
  walk.issues.push({ path: [...walk.path], message });
}

function plainFormOf(value: object): string {
  if (value instanceof Date) return 'its toISOString()';
  if (value instanceof Map || value instanceof Set) return 'an array of its entries';
  return 'plain data';
}

/** A plain object, also of another realm: made by `{}` or without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'class instance';
}

function isIndex(key: string, length: number): boolean {
  return /^\d+$/.test(key) && Number(key) < length;
}
