import { encodePayloadAtOnce, type EncodedValue } from '../job/encoding/encode.ts';
import { idWindowsOf } from '../job/contracts/id-windows.ts';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import { deduplicationOf } from '../job/dedupe.ts';
import { parseJobId } from '../job/contracts/job-id.ts';
import { payloadDigest } from '../job/encoding/payload-digest.ts';
import { UNDEFINED_JSON } from '../job/encoding/exact-json.ts';
import { scriptCall } from '../store/admission/add-collector.ts';
import type { AddCall, SharedOptions } from '../store/admission/admission.ts';
import type { SluiceStamp, StoredOptions } from '../job/stored-options.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import type { RedisClock } from '../store/connection/redis-clock.ts';
import { generateId, storedId } from '../store/keys/queue-keys.ts';
import { checkPutOptions, checkTogether, dropPolicyOf, expiryOf, type PutOptions } from './put-options.ts';

/** A job that passed every check that needs no Redis. */
export interface PreparedJob {
  /** The caller's form of the id. */
  id: string;
  job: string;
  call: AddCall;
  /** Bytes of payload. */
  bytes: number;
  /** From when on it is not wanted any more, in milliseconds since the epoch. */
  expiresAtMs: number | undefined;
}

/** What jobs are prepared with, the same for all of a producer. */
export interface JobDeps {
  readonly backend: BoundedBackend;
  readonly clock: RedisClock;
  readonly queue: QueueDefinition;
  /** The queue's contracts are those of others: their version is not known here. */
  readonly isGuest: boolean;
}

/**
 * The job itself where the schema decides at once, else a promise of it.
 *
 * @throws PayloadInvalidError, TooLargeError, JobIdInvalidError or PutOptionError, or rejects with it; nothing has been sent then.
 */
export function prepareJob(
  deps: JobDeps,
  contract: JobContract,
  payload: unknown,
  options: PutOptions,
  metadata?: string,
): PreparedJob | Promise<PreparedJob> {
  checkPutOptions(contract, options);
  checkTogether(options, deps.queue.whenFull);
  const encoded = encodePayloadAtOnce(contract, payload);
  if (!(encoded instanceof Promise)) return describeJob(deps, contract, encoded, { options, metadata });
  return encoded.then((value) => describeJob(deps, contract, value, { options, metadata }));
}

function describeJob(
  { backend, clock, queue, isGuest }: JobDeps,
  contract: JobContract,
  { json, bytes }: EncodedValue,
  { options, metadata }: Pick<Put, 'options' | 'metadata'>,
): PreparedJob {
  const { id, stored, digest } = nameJob(contract, json, options.id);
  const at = clock.nowMs();
  const { dedupe } = options;
  const isPlain = !options.delayMs && options.priority === undefined && !dedupe && !options.lifo;
  const isNew = options.id === undefined;
  const put: Put = { queue, contract, options, clock, isGuest, metadata };
  const call: AddCall = isPlain
    ? { queueKeys: backend.keys, id: stored, at, data: json, options: sharedOptions(put), digest, isNew }
    : scriptCall(backend, {
        id: stored,
        name: contract.name,
        data: json,
        options: storedOptions(put, stored, digest),
        at,
        digest,
        dedupe: dedupe?.mode,
      });
  const drop = dropPolicyOf(options, queue.whenFull);
  if (drop) call.drop = drop;
  return { id, job: contract.name, call, bytes, expiresAtMs: expiryOf(options) };
}

/** What the options of one job are written from. */
export interface Put {
  readonly queue: QueueDefinition;
  readonly contract: JobContract;
  readonly options: PutOptions;
  readonly clock: Pick<RedisClock, 'fromOwn'>;
  readonly isGuest: boolean;
  /** The context of the put, to be stored with the job. */
  readonly metadata: string | undefined;
}

/** A new id needs no digest: it cannot have been put before. */
function nameJob(
  contract: JobContract,
  json: string,
  given: string | undefined,
): { id: string; stored: string; digest: string } {
  if (given !== undefined) {
    const id = parseJobId(given);
    return { id, stored: storedId(id), digest: digestOf(contract.name, contract.version, json) };
  }
  const id = generateId();
  return { id, stored: id, digest: '' };
}

/** What distinguishes two payloads under one id. */
export function digestOf(name: string, version: number, json: string): string {
  if (json === UNDEFINED_JSON) return payloadDigest(`["${name}",${version}]`);
  return payloadDigest(`["${name}",${version},${json}]`);
}

export type Options = StoredOptions & { jobId: string; sluice: SluiceStamp };

/** The options of a job as they are stored. @param jobId as stored */
export function storedOptions(put: Put, jobId: string, digest: string): Options {
  const { queue, contract, options, clock, isGuest } = put;
  const stored: SluiceStamp = { ...(isGuest ? {} : { v: contract.version }), ...(digest === '' ? {} : { d: digest }) };
  if (options.timeoutMs !== undefined) stored.t = options.timeoutMs;
  if (contract.secretFields.length > 0) stored.s = contract.secretFields;
  const expiresAtMs = expiryOf(options);
  if (expiresAtMs !== undefined) stored.e = clock.fromOwn(expiresAtMs);
  if (options.id !== undefined) {
    const { completedMs, deadMs } = idWindowsOf(queue);
    stored.i = completedMs;
    stored.f = deadMs;
  }
  const opts: Options = { ...retryOptions(contract, options), jobId, sluice: stored };
  const delayMs = options.dedupe?.mode === 'debounce' ? options.dedupe.forMs : options.delayMs;
  if (delayMs) opts.delay = delayMs;
  if (options.priority !== undefined) opts.priority = options.priority;
  if (options.lifo) opts.lifo = true;
  if (options.dedupe) opts.deduplication = deduplicationOf(contract.name, options.dedupe);
  if (options.telemetry?.omitContext) opts.omc = true;
  else if (put.metadata !== undefined) opts.tm = put.metadata;
  return opts;
}

function retryOptions(contract: JobContract, { attempts }: PutOptions): StoredOptions {
  const { type, delayMs, jitter } = contract.retry.backoff;
  return { attempts: attempts ?? contract.retry.attempts, backoff: { type, delay: delayMs, jitter } };
}

/** Of puts that set no option of their own: all jobs of one contract in one queue share them. */
const usual = new WeakMap<QueueDefinition, Map<string, SharedOptions>>();

function sharedOptions(put: Put): SharedOptions {
  const { queue, contract, options, isGuest } = put;
  const { attempts, timeoutMs, expiresAt, telemetry } = options;
  const isUsual = attempts === undefined && timeoutMs === undefined && expiresAt === undefined && !telemetry;
  if (put.metadata !== undefined) return withMetadata(sharedOptions({ ...put, metadata: undefined }), put.metadata);
  if (!isUsual) return writeOptions(put);
  const ofQueue = usual.get(queue) ?? new Map<string, SharedOptions>();
  usual.set(queue, ofQueue);
  const kind = `${contract.name}${options.id === undefined ? '' : ' with an id'}${isGuest ? ' of a guest' : ''}`;
  const known = ofQueue.get(kind) ?? writeOptions(put);
  ofQueue.set(kind, known);
  return known;
}

/** The context is each put's own. What others have written into it must not be taken for a gap. */
function withMetadata({ name, json: [beforeId, middle, rest] }: SharedOptions, metadata: string): SharedOptions {
  const added = (json: string): string => `${json.slice(0, -1)},"tm":${JSON.stringify(metadata)}}`;
  // Without a digest there is one gap, and the middle is the rest.
  return { name, json: rest === '' ? [beforeId, added(middle), ''] : [beforeId, middle, added(rest)] };
}

/** {@link storedOptions} as JSON, with gaps for id and digest, as far as there is one. Neither holds a character that JSON would escape. */
function writeOptions(put: Put): SharedOptions {
  const digest = put.options.id === undefined ? '' : GAP;
  const json = JSON.stringify(storedOptions(put, GAP, digest)).split(GAP);
  const [beforeId = '', beforeDigest = '', rest = ''] = json;
  return { name: put.contract.name, json: [beforeId, beforeDigest, rest] };
}

const GAP = '<gap>';
