import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import type { JobContract } from '../contracts/job-contract.ts';
import { limits } from '../contracts/limits.ts';
import { PayloadInvalidError, ResultInvalidError, TooLargeError, type SchemaIssue } from '../errors/index.ts';
import { decidesAtOnce } from './decides-at-once.ts';
import { findJsonLosses } from './json-losses.ts';
import { toSchemaIssues } from './schema-issues.ts';

/** A payload or result in the form in which it is stored. */
export interface EncodedValue {
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
 * `undefined` is left out. `undefined` itself, for a contract without a payload (`z.void()`), is stored as `null`.
 * An error that the schema's own code throws passes through unchanged.
 *
 * @throws PayloadInvalidError with every place that is wrong
 * @throws TooLargeError over 262,144 bytes
 */
export async function encodePayload(contract: JobContract, value: unknown): Promise<EncodedValue> {
  const attempted = await encode('payload', contract.payload, value, limits.payloadMaxBytes);
  if (!attempted.ok) throw new PayloadInvalidError(contract.name, attempted.issues);
  return attempted.encoded;
}

/**
 * Turns what a handler returned into what is stored, by the rules of {@link encodePayload}.
 *
 * @returns the result itself where the schema decides at once, else a promise of it. What goes wrong is always a rejection:
 *   ResultInvalidError with every place that is wrong; TooLargeError over 262,144 bytes
 */
export function encodeResult(contract: JobContract, value: unknown): EncodedValue | Promise<EncodedValue> {
  const taken = (attempted: Attempted): EncodedValue => {
    if (!attempted.ok) throw new ResultInvalidError(contract.name, attempted.issues);
    return attempted.encoded;
  };
  try {
    const attempted = encode('result', contract.result, value, limits.resultMaxBytes);
    return attempted instanceof Promise ? attempted.then(taken) : taken(attempted);
  } catch (error) {
    return Promise.reject(error);
  }
}

function encode(
  what: 'payload' | 'result',
  schema: z.ZodType,
  value: unknown,
  maxBytes: number,
): Attempted | Promise<Attempted> {
  const survey = value === undefined ? nothing : findJsonLosses(value, maxBytes);
  if (survey.leastBytes > maxBytes) throw new TooLargeError(what, survey.leastBytes, maxBytes);
  if (survey.issues.length > 0) return { ok: false, issues: survey.issues };
  const json = value === undefined ? 'null' : JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  if (bytes > maxBytes) throw new TooLargeError(what, bytes, maxBytes);
  const judge = (parsed: z.ZodSafeParseResult<unknown>): Attempted =>
    parsed.success ? { ok: true, encoded: { json, bytes } } : { ok: false, issues: toSchemaIssues(parsed.error) };
  // What is checked is what will be read: JSON leaves out a property that is undefined, and the caller may change the value
  // while a schema that needs time is at work.
  const atOnce = decidesAtOnce(schema);
  const read: unknown = value !== undefined && (survey.leavesOut || !atOnce) ? JSON.parse(json) : value;
  return atOnce ? judge(schema.safeParse(read)) : schema.safeParseAsync(read).then(judge);
}

/** What stands for `undefined` is the JSON text `null`. */
const nothing = { issues: [], leastBytes: 4, leavesOut: false };
