import { encodePayload, type JobContract, parseJobId, payloadDigest, type WhenFull } from '@sluice/shared';
import type { JobJson, JobsOptions } from 'bullmq';
import { AddCollector } from '../backend/add-collector.ts';
import type { AddCall, SharedOptions } from '../backend/admission.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { generateId, storedId } from '../redis/queue-keys.ts';
import { checkPutOptions, dropPolicyOf, expiryOf, type PutOptions } from './put-options.ts';

/** A job that passed every check that needs no Redis. */
export interface PreparedJob {
  /** The caller's form of the id. */
  id: string;
  job: string;
  call: AddCall;
  /** Bytes of payload. */
  bytes: number;
  /** When nobody wants it any more, in milliseconds since the epoch. */
  expiresAtMs: number | undefined;
}

/** What of ours travels in BullMQ's options: strings and small integers only, they pass through Lua's JSON. */
export interface StoredOptions {
  /** Version of the contract that the payload was put with. */
  v: number;
  /** Digest of the payload as put; empty when the id was generated. */
  d: string;
  /** Deadline of an attempt, when the put set its own. */
  t?: number;
  /** When the job expires, in milliseconds since the epoch. */
  e?: number;
}

/**
 * @param policy the queue's own, for a put that names none
 * @throws PayloadInvalidError, TooLargeError, JobIdInvalidError or PutOptionError; nothing has been sent then.
 */
export async function prepareJob(
  backend: BoundedBackend,
  contract: JobContract,
  payload: unknown,
  options: PutOptions,
  policy: WhenFull,
): Promise<PreparedJob> {
  checkPutOptions(contract, options);
  const { json, bytes } = await encodePayload(contract, payload);
  const { id, stored, digest } = nameJob(contract, json, options.id);
  const at = Date.now();
  const isPlain = !options.delayMs && options.priority === undefined;
  const isNew = options.id === undefined;
  const call: AddCall = isPlain
    ? { queueKeys: backend.keys, id: stored, at, data: json, options: sharedOptions(contract, options), digest, isNew }
    : scriptCall(backend, jobJson(contract, json, storedOptions(contract, options, stored, digest)), digest);
  const drop = dropPolicyOf(options, policy);
  if (drop) call.drop = drop;
  return { id, job: contract.name, call, bytes, expiresAtMs: expiryOf(options) };
}

/** A new id needs no digest: nobody can have put it before. */
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

/** What tells two payloads under one id apart. */
export function digestOf(name: string, version: number, json: string): string {
  return payloadDigest(`["${name}",${version},${json}]`);
}

/** BullMQ decides which of its scripts a job that is not plain needs. */
function scriptCall(backend: BoundedBackend, job: JobJson, digest: string): AddCall {
  const collector = new AddCollector(backend.keys);
  backend.collect(collector, { job, jobId: job.id, ...(digest ? { digest } : {}) });
  const [call] = collector.calls;
  if (!call) throw new TypeError('BullMQ prepared no add call');
  return call;
}

type Options = JobsOptions & { jobId: string; sluice: StoredOptions };

function storedOptions(contract: JobContract, options: PutOptions, jobId: string, digest: string): Options {
  const stored: StoredOptions = { v: contract.version, d: digest };
  if (options.timeoutMs !== undefined) stored.t = options.timeoutMs;
  const expiresAtMs = expiryOf(options);
  if (expiresAtMs !== undefined) stored.e = expiresAtMs;
  const opts: Options = { ...retryOptions(contract, options), jobId, sluice: stored };
  if (options.delayMs) opts.delay = options.delayMs;
  if (options.priority !== undefined) opts.priority = options.priority;
  return opts;
}

function retryOptions(contract: JobContract, { attempts }: PutOptions): JobsOptions {
  const { type, delayMs, jitter } = contract.retry.backoff;
  return { attempts: attempts ?? contract.retry.attempts, backoff: { type, delay: delayMs, jitter } };
}

/** Of puts that set no option of their own: all jobs of one contract share them. */
const usual = new WeakMap<JobContract, SharedOptions>();

function sharedOptions(contract: JobContract, options: PutOptions): SharedOptions {
  const isUsual = options.attempts === undefined && options.timeoutMs === undefined && options.expiresAt === undefined;
  if (!isUsual) return writeOptions(contract, options);
  const known = usual.get(contract) ?? writeOptions(contract, {});
  usual.set(contract, known);
  return known;
}

/** {@link storedOptions} as JSON, with gaps for id and digest. Neither holds a character that JSON would escape. */
function writeOptions(contract: JobContract, options: PutOptions): SharedOptions {
  const json = JSON.stringify(storedOptions(contract, options, GAP, GAP)).split(GAP);
  const [beforeId = '', beforeDigest = '', rest = ''] = json;
  return { name: contract.name, json: [beforeId, beforeDigest, rest] };
}

const GAP = '<gap>';

/** The job as BullMQ's own Job class would have described it. */
function jobJson({ name }: JobContract, data: string, opts: Options): JobJson {
  return {
    id: opts.jobId,
    name,
    data,
    opts,
    timestamp: Date.now(),
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: '',
    returnvalue: '',
  };
}
