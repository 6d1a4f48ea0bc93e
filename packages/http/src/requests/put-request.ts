import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { limits, UnknownJobError, type JobContract, type QueueDefinition, type PutOptions } from '@sluice/queue';
import { z } from 'zod';
import { parseFields } from './parse-fields.ts';
import { idempotencyKeyOf } from './put-headers.ts';
import { BodyInvalidError, HeaderInvalidError } from '../problems/request-errors.ts';

/** One put, understood. The payload is still to be checked by its contract. */
export interface PutRequest {
  readonly contract: JobContract;
  readonly payload: unknown;
  readonly options: Pick<PutOptions, 'id' | 'delayMs' | 'priority' | 'lifo' | 'dedupe' | 'timeoutMs' | 'expiresAt'>;
  /** Whether it came with an `Idempotency-Key`. */
  readonly hasKey: boolean;
}

/** Who puts, and under which id. */
export type PutIdentity = Pick<FastifyRequest, 'headers' | 'sluiceClient'>;

const key = z.string();
const forMs = z.int().min(1).max(limits.delayMaxMs);
const dedupe = z.discriminatedUnion('mode', [
  z.strictObject({ key, mode: z.enum(['first', 'latest']) }),
  z.strictObject({ key, mode: z.enum(['throttle', 'debounce']), forMs }),
]);

// The engine's own limits, reported here with the path of the field. What it refuses beyond them is a 422 too.
/** Not looked into here: its contract does that. */
export const anyPayload = z.unknown();

/** The body of a put. */
export const putBody = z.strictObject({
  job: z.string().exactOptional(),
  payload: anyPayload,
  id: z.string().exactOptional(),
  delayMs: z.int().min(0).max(limits.delayMaxMs).exactOptional(),
  priority: z.int().min(1).max(limits.priorityMax).exactOptional(),
  lifo: z.boolean().exactOptional(),
  dedupe: dedupe.exactOptional(),
  timeoutMs: z.int().min(1).exactOptional(),
  // Milliseconds since 1970, as all times here. Whether it is to come is for the engine to say, by one clock.
  expiresAt: z.int().min(1).exactOptional(),
});

/** The body of one put of many, each of which has a key of its own. */
export const putOfManyBody = putBody.extend({
  idempotencyKey: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .exactOptional(),
});

/**
 * Reads one put of many. Its `idempotencyKey` is what the header of that name is for a single put.
 *
 * @throws BodyInvalidError; UnknownJobError
 */
export function readPutOfMany(
  queue: QueueDefinition,
  rawBody: unknown,
  { sluiceClient }: Pick<PutIdentity, 'sluiceClient'>,
): PutRequest {
  const given: z.output<typeof putOfManyBody> = isPlain(rawBody) ? rawBody : parseFields(putOfManyBody, rawBody);
  const { idempotencyKey: key, ...body } = given;
  if (body.id !== undefined && key !== undefined && body.id !== key)
    throw invalid('idempotencyKey', 'names another job than id; send one of them, or the same text');
  return requestOf(queue, body, () => idOfPut(body.id, { key, sluiceClient }));
}

/**
 * Reads a put from its body and headers.
 *
 * @throws BodyInvalidError with all problems of the body and their paths
 * @throws HeaderInvalidError for an `Idempotency-Key` that is broken, or is another than the body's id
 * @throws UnknownJobError when the queue lists no such contract
 */
export function readPutRequest(queue: QueueDefinition, rawBody: unknown, identity: PutIdentity): PutRequest {
  const body: PutBody = isPlain(rawBody) ? rawBody : parseFields(putBody, rawBody);
  return requestOf(queue, body, () => idOf(body.id, identity));
}

function requestOf(
  queue: QueueDefinition,
  { job, payload, id: _id, ...times }: PutBody,
  readId: () => PutId,
): PutRequest {
  const contract = contractOf(queue, job);
  if (times.timeoutMs !== undefined) checkTimeout(contract, times.timeoutMs);
  const { id, hasKey } = readId();
  return { contract, payload, hasKey, options: { ...times, ...(id === undefined ? {} : { id }) } };
}

type PutBody = z.infer<typeof putBody>;
type PlainBody = Pick<PutBody, 'payload' | 'job' | 'id'> & {
  [times in Exclude<keyof PutBody, 'payload' | 'job' | 'id'>]?: never;
};

/** Whether {@link putBody} takes it for certain: most puts are like that, and to look is ten times as cheap as to parse. */
function isPlain(body: unknown): body is PlainBody {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'payload')) return false;
  for (const [key, value] of Object.entries(body))
    if (key !== 'payload' && !((key === 'job' || key === 'id') && typeof value === 'string')) return false;
  return true;
}

interface PutId {
  readonly id: string | undefined;
  readonly hasKey: boolean;
}

/** A queue's only contract needs no name. @throws UnknownJobError, or BodyInvalidError when there are several */
export function contractOf(queue: Pick<QueueDefinition, 'name' | 'jobs'>, job: string | undefined): JobContract {
  const [only, ...others] = queue.jobs;
  if (job === undefined && only && others.length === 0) return only;
  const names = queue.jobs.map(({ name }) => name);
  if (job === undefined) throw invalid('job', `must be one of ${names.join(', ')}`);
  const contract = queue.jobs.find(({ name }) => name === job);
  if (!contract) throw new UnknownJobError(queue.name, job, names);
  return contract;
}

function checkTimeout(contract: JobContract, timeoutMs: number): void {
  if (timeoutMs > contract.timeoutMaxMs)
    throw invalid('timeoutMs', `must be at most ${contract.timeoutMaxMs} for ${contract.name}`);
}

const SCOPED_ID = /^key-[A-Za-z0-9_-]{43}$/;

/**
 * The id of a put, from its body or its `Idempotency-Key`. Keys belong to the client whose API key the request came with, if there is
 * one: two clients that choose the same key put two jobs.
 *
 * @throws HeaderInvalidError when they differ; BodyInvalidError for an id that no URL can hold, or that stands for a key
 */
export function idOf(bodyId: string | undefined, { headers, sluiceClient }: PutIdentity): PutId {
  const key = idempotencyKeyOf(headers['idempotency-key']);
  if (bodyId !== undefined && key !== undefined && bodyId !== key) {
    throw new HeaderInvalidError('Idempotency-Key and id name two different jobs; send one of them, or the same text');
  }
  return idOfPut(bodyId, { key, sluiceClient });
}

function idOfPut(
  bodyId: string | undefined,
  { key, sluiceClient }: { key: string | undefined; sluiceClient: string },
): PutId {
  const wrong = problemOfId(bodyId ?? (sluiceClient === '' ? key : undefined), sluiceClient);
  if (wrong !== undefined) throw invalid('id', wrong);
  const id = bodyId ?? (key === undefined ? undefined : idOfKey(key, sluiceClient));
  return { id, hasKey: key !== undefined };
}

/** What is wrong with an id that a client chose, beyond what the engine refuses. */
export function problemOfId(id: string | undefined, client: string): string | undefined {
  // URLs resolve these two away, so the job could not be asked for.
  if (id === '.' || id === '..') return 'must not be . or ..';
  if (client !== '' && id !== undefined && SCOPED_ID.test(id))
    return 'stands for an Idempotency-Key; send that instead';
  return undefined;
}

/** A digest, as an id has 200 bytes, and must not be taken for one that somebody else chose. */
function idOfKey(key: string, client: string): string {
  return client === '' ? key : `key-${hash('sha256', JSON.stringify([client, key]), 'base64url')}`;
}

function invalid(field: string, message: string): BodyInvalidError {
  return new BodyInvalidError([{ path: [field], message }]);
}
