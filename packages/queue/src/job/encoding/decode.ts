import type { z } from 'zod';
import type { JobContract, Payload, Result } from '../contracts/job-contract.ts';
import { PayloadInvalidError, ResultInvalidError, VersionTooNewError, type SchemaIssue } from '../errors/index.ts';
import { decidesAtOnce } from './decides-at-once.ts';
import { UNDEFINED_JSON } from './exact-json.ts';
import { parseExactly } from './exact-members.ts';
import { toSchemaIssues } from './schema-issues.ts';

type Read<T> = { ok: true; value: T } | { ok: false; issues: SchemaIssue[]; cause?: unknown };

/**
 * Turns a stored payload into what the handler gets: upcast from the version that it was put with, step by step, then
 * through the contract's schema. A version without an upcast of its own passes on unchanged.
 * An error that the schema's own code throws passes through unchanged.
 *
 * @param version the contract's version at the time of the put, from 1
 * @returns the payload itself where the schema decides at once, else a promise of it. What goes wrong is always a rejection:
 *   VersionTooNewError when the payload was put by a newer contract than this one; PayloadInvalidError when it is no JSON, an
 *   upcast throws, or the schema refuses it
 */
export function decodePayload<C extends JobContract>(
  contract: C,
  version: number,
  json: string,
): Payload<C> | Promise<Payload<C>> {
  try {
    const value = currentValue(contract, version, json);
    if (decidesAtOnce(contract.payload)) return payloadOf(contract, readNow(contract.payload, value));
    return readLater(contract.payload, value).then((read) => payloadOf(contract, read));
  } catch (error) {
    return Promise.reject(error);
  }
}

function currentValue(contract: JobContract, version: number, json: string): unknown {
  if (version > contract.version) throw new VersionTooNewError(contract.name, version, contract.version);
  const stored = parseJson(json, contract.payload);
  const current = stored.ok ? upcast(contract, version, stored.value) : stored;
  return payloadOf(contract, current);
}

function payloadOf<C extends JobContract>(contract: C, read: Read<unknown>): Payload<C> {
  if (!read.ok) throw new PayloadInvalidError(contract.name, read.issues, causeOf(read));
  return read.value as Payload<C>;
}

/**
 * Turns a stored result into what the caller reads: the output of the contract's result schema.
 *
 * @throws ResultInvalidError when it is no JSON or the schema refuses it
 */
export async function decodeResult<C extends JobContract>(contract: C, json: string): Promise<Result<C>> {
  const stored = parseJson(json, contract.result);
  const read = stored.ok ? await readBy(contract.result, stored.value) : stored;
  if (!read.ok) throw new ResultInvalidError(contract.name, read.issues, causeOf(read));
  return read.value as Result<C>;
}

function parseJson(json: string, schema: z.ZodType): Read<unknown> {
  if (json === UNDEFINED_JSON) return { ok: true, value: undefined };
  try {
    return { ok: true, value: parseExactly(schema, json) };
  } catch (cause) {
    return { ok: false, issues: [{ path: [], message: 'is not JSON' }], cause };
  }
}

function upcast(contract: JobContract, from: number, stored: unknown): Read<unknown> {
  let value = stored;
  for (let version = from; version < contract.version; version += 1) {
    try {
      const step = contract.upcasts[version];
      if (step) value = step(value);
      if (value instanceof Promise) return refusePromise(value, version);
    } catch (cause) {
      return { ok: false, issues: [{ path: [], message: `cannot be upcast from version ${version}` }], cause };
    }
  }
  return { ok: true, value };
}

/** Its rejection is nobody's then, and would end the process. */
function refusePromise(value: Promise<unknown>, version: number): Read<unknown> {
  value.catch(() => undefined);
  return { ok: false, issues: [{ path: [], message: `the upcast from version ${version} must not be async` }] };
}

function readBy(schema: z.ZodType, value: unknown): Read<unknown> | Promise<Read<unknown>> {
  return decidesAtOnce(schema) ? readNow(schema, value) : readLater(schema, value);
}

function readNow(schema: z.ZodType, value: unknown): Read<unknown> {
  const parsed = schema.safeParse(value);
  return readingOf(parsed, mayBeAbsent(parsed, value) ? schema.safeParse(undefined) : parsed);
}

async function readLater(schema: z.ZodType, value: unknown): Promise<Read<unknown>> {
  const parsed = await schema.safeParseAsync(value);
  return readingOf(parsed, mayBeAbsent(parsed, value) ? await schema.safeParseAsync(undefined) : parsed);
}

/** `undefined` may be stored as null; a schema that refuses null may still take what it stands for. */
function mayBeAbsent({ success }: z.ZodSafeParseResult<unknown>, value: unknown): boolean {
  return !success && value === null;
}

function readingOf(parsed: z.ZodSafeParseResult<unknown>, absent: z.ZodSafeParseResult<unknown>): Read<unknown> {
  if (parsed.success) return { ok: true, value: parsed.data };
  return absent.success ? { ok: true, value: absent.data } : { ok: false, issues: toSchemaIssues(parsed.error) };
}

function causeOf(read: { cause?: unknown }): ErrorOptions {
  return 'cause' in read ? { cause: read.cause } : {};
}
