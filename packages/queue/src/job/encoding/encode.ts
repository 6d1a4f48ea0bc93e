import { Buffer } from 'node:buffer';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract } from '../contracts/job-contract.ts';
import { limits } from '../contracts/limits.ts';
import { PayloadInvalidError, ResultInvalidError, TooLargeError, type SchemaIssue } from '../errors/index.ts';
import { decidesAtOnce } from './decides-at-once.ts';
import { UNDEFINED_JSON, writeJson } from './exact-json.ts';
import { takesJsonText } from './exact-members.ts';
import { findJsonLosses } from './json-losses.ts';
import { toSchemaIssues } from './schema-issues.ts';
import { validate, type Validation } from './validate.ts';

/** A payload or result in the form in which it is stored. */
export interface EncodedValue {
  /** The value as it is stored. */
  readonly json: string;
  /** Length of `json` as UTF-8. */
  readonly bytes: number;
}

type Attempted = { ok: true; encoded: EncodedValue } | { ok: false; issues: SchemaIssue[] };

/**
 * Turns what a caller puts into what is stored: the schema's *input*, as JSON. The handler later gets the schema's
 * output, made by {@link decodePayload} from the same JSON, so both see one and the same value.
 *
 * A value that JSON would change is refused with the path to it: `undefined` in an array, functions, symbols, bigints,
 * NaN, infinities, class instances such as Date and Map, cycles, nesting over 500 levels. A property that is
 * `undefined` is left out. `undefined` itself, for a contract without a payload (`z.void()`), is stored as `null`; where the
 * schema takes null as well, as `null` and a space, which every reader of JSON takes for null, and ours for `undefined`.
 * A key named `__proto__` is refused where the schema would leave it out.
 * An error that the schema's own code throws passes through unchanged.
 *
 * @throws PayloadInvalidError with every place that is wrong
 * @throws TooLargeError over 262,144 bytes
 */
export async function encodePayload(contract: JobContract, value: unknown): Promise<EncodedValue> {
  return encodePayloadAtOnce(contract, value);
}

/**
 * The same without a promise where the schema decides at once.
 *
 * @throws what {@link encodePayload} rejects with, or rejects with it
 */
export function encodePayloadAtOnce(contract: JobContract, value: unknown): EncodedValue | Promise<EncodedValue> {
  const attempted = encode('payload', contract.payload, value, limits.payloadMaxBytes);
  return encodedOf(attempted, (issues) => new PayloadInvalidError(contract.name, issues));
}

/**
 * Turns what a handler returned into what is stored, by the rules of {@link encodePayload}.
 *
 * @returns the result itself where the schema decides at once, else a promise of it. What goes wrong is always a rejection:
 *   ResultInvalidError with every place that is wrong; TooLargeError over 262,144 bytes
 */
export function encodeResult(contract: JobContract, value: unknown): EncodedValue | Promise<EncodedValue> {
  try {
    const attempted = encode('result', contract.result, value, limits.resultMaxBytes);
    return encodedOf(attempted, (issues) => new ResultInvalidError(contract.name, issues));
  } catch (error) {
    return Promise.reject(error);
  }
}

function encodedOf(
  attempted: Attempted | Promise<Attempted>,
  refusal: (issues: readonly SchemaIssue[]) => Error,
): EncodedValue | Promise<EncodedValue> {
  if (attempted instanceof Promise) return attempted.then((later) => encodedOf(later, refusal));
  if (!attempted.ok) throw refusal(attempted.issues);
  return attempted.encoded;
}

function encode(
  what: 'payload' | 'result',
  schema: StandardSchemaV1,
  value: unknown,
  maxBytes: number,
): Attempted | Promise<Attempted> {
  if (value === undefined) return encodeUndefined(schema);
  const survey = findJsonLosses(value, maxBytes);
  if (survey.leastBytes > maxBytes) throw new TooLargeError(what, survey.leastBytes, maxBytes);
  if (survey.issues.length > 0) return { ok: false, issues: survey.issues };
  const misplaced = survey.jsonTexts.filter((path) => !takesJsonText(schema, path));
  if (misplaced.length > 0) return { ok: false, issues: misplaced.map((path) => ({ path, message: TEXT_MISPLACED })) };
  const json = writeJson(value, survey.hasNegativeZero || survey.jsonTexts.length > 0);
  const bytes = Buffer.byteLength(json);
  if (bytes > maxBytes) throw new TooLargeError(what, bytes, maxBytes);
  const decide = (validation: Validation): Attempted => {
    if (validation.issues) return { ok: false, issues: toSchemaIssues(validation.issues) };
    const lost = survey.protoKeys.filter((path) => !isIn(validation.value, path));
    if (lost.length > 0) return { ok: false, issues: lost.map((path) => ({ path, message: PROTO_LOST })) };
    return { ok: true, encoded: { json, bytes } };
  };
  // What is checked is what will be read: JSON leaves out a property that is undefined, and the caller may change the value
  // while a schema that needs time is at work, or the schema's own code may change it.
  const read: unknown = survey.leavesOut || !decidesAtOnce(schema) ? JSON.parse(json) : value;
  const validation = validate(schema, read);
  return validation instanceof Promise ? validation.then(decide) : decide(validation);
}

const PROTO_LOST = 'is a key that the schema leaves out';
const TEXT_MISPLACED = 'is a JsonText, which the schema does not take there';

/** Whether a value has a property of its own at the end of this path. */
function isIn(value: unknown, path: SchemaIssue['path']): boolean {
  let place: unknown = value;
  for (const key of path) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return false;
    place = (place as Readonly<Record<string, unknown>>)[key];
  }
  return true;
}

/** `null` will do where the schema refuses null: a reader knows then what it stands for. */
function encodeUndefined(schema: StandardSchemaV1): Attempted | Promise<Attempted> {
  const decide = (validation: Validation, nullIsTaken: boolean): Attempted => {
    if (validation.issues) return { ok: false, issues: toSchemaIssues(validation.issues) };
    const json = nullIsTaken ? UNDEFINED_JSON : 'null';
    return { ok: true, encoded: { json, bytes: json.length } };
  };
  const validation = validate(schema, undefined);
  const nullIsTaken = takesNull(schema);
  if (!(validation instanceof Promise || nullIsTaken instanceof Promise)) return decide(validation, nullIsTaken);
  return Promise.all([validation, nullIsTaken]).then(([decided, taken]) => decide(decided, taken));
}

/** Code in the schema may throw for a null that was never sent: then it did look at it. */
function takesNull(schema: StandardSchemaV1): boolean | Promise<boolean> {
  const isTaken = ({ issues }: Validation): boolean => !issues;
  try {
    const validation = validate(schema, null);
    return validation instanceof Promise ? validation.then(isTaken, () => true) : isTaken(validation);
  } catch {
    return true;
  }
}
