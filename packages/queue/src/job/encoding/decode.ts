import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobContract, Payload, Result } from '../contracts/job-contract.ts';
import { PayloadInvalidError, ResultInvalidError, VersionTooNewError, type SchemaIssue } from '../errors/index.ts';
import { UNDEFINED_JSON } from './exact-json.ts';
import { parseExactly } from './exact-members.ts';
import { toSchemaIssues } from './schema-issues.ts';
import { validate, type Validation } from './validate.ts';

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
    const read = readBy(contract.payload, value);
    return read instanceof Promise ? read.then((later) => payloadOf(contract, later)) : payloadOf(contract, read);
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

function parseJson(json: string, schema: StandardSchemaV1): Read<unknown> {
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

/** Its rejection would be unhandled then, and end the process. */
function refusePromise(value: Promise<unknown>, version: number): Read<unknown> {
  value.catch(() => undefined);
  return { ok: false, issues: [{ path: [], message: `the upcast from version ${version} must not be async` }] };
}

function readBy(schema: StandardSchemaV1, value: unknown): Read<unknown> | Promise<Read<unknown>> {
  const validation = validate(schema, value);
  if (validation instanceof Promise) return readLater(schema, value, validation);
  if (!mayBeAbsent(validation, value)) return readingOf(validation, validation);
  const absent = validate(schema, undefined);
  return absent instanceof Promise
    ? absent.then((decided) => readingOf(validation, decided))
    : readingOf(validation, absent);
}

async function readLater(
  schema: StandardSchemaV1,
  value: unknown,
  validating: Promise<Validation>,
): Promise<Read<unknown>> {
  const validation = await validating;
  return readingOf(validation, mayBeAbsent(validation, value) ? await validate(schema, undefined) : validation);
}

/** `undefined` may be stored as null; a schema that refuses null may still take what it stands for. */
function mayBeAbsent({ issues }: Validation, value: unknown): boolean {
  return Boolean(issues) && value === null;
}

function readingOf(validation: Validation, absent: Validation): Read<unknown> {
  if (!validation.issues) return { ok: true, value: validation.value };
  return absent.issues ? { ok: false, issues: toSchemaIssues(validation.issues) } : { ok: true, value: absent.value };
}

function causeOf(read: { cause?: unknown }): ErrorOptions {
  return 'cause' in read ? { cause: read.cause } : {};
}
