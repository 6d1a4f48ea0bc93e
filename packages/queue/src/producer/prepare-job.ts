import { encodePayload, type JobContract, parseJobId, payloadDigest } from '@sluice/shared';
import type { JobJson, JobsOptions } from 'bullmq';
import { AddCollector } from '../backend/add-collector.ts';
import type { AddCall } from '../backend/admission.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { generateId, storedId } from '../redis/queue-keys.ts';
import { checkPutOptions, expiryOf, type PutOptions } from './put-options.ts';

/** A job that passed every check that needs no Redis. */
export interface PreparedJob {
  /** The caller's form of the id. */
  id: string;
  job: string;
  call: AddCall;
  /** Bytes of payload. */
  bytes: number;
}

/** What of ours travels in BullMQ's options: strings and small integers only, they pass through Lua's JSON. */
export interface StoredOptions {
  /** Version of the contract that the payload was put with. */
  v: number;
  /** Digest of the payload as put. */
  d: string;
  /** Deadline of an attempt, when the put set its own. */
  t?: number;
  /** When the job expires, in milliseconds since the epoch. */
  e?: number;
}

/** @throws PayloadInvalidError, TooLargeError, JobIdInvalidError or PutOptionError; nothing has been sent then. */
export async function prepareJob(
  backend: BoundedBackend,
  contract: JobContract,
  payload: unknown,
  options: PutOptions,
): Promise<PreparedJob> {
  checkPutOptions(contract, options);
  const id = options.id === undefined ? generateId() : parseJobId(options.id);
  const { json, bytes } = await encodePayload(contract, payload);
  const digest = payloadDigest(`["${contract.name}",${contract.version},${json}]`);
  const jobId = storedId(id);
  const opts = storedOptions(contract, jobId, digest, options);
  const call =
    options.delayMs || options.priority !== undefined
      ? scriptCall(backend, jobJson(contract.name, json, jobId, opts), digest)
      : {
          queueKeys: backend.keys,
          id: jobId,
          name: contract.name,
          at: Date.now(),
          data: json,
          opts: JSON.stringify(opts),
          digest,
        };
  return { id, job: contract.name, call, bytes };
}

/** BullMQ decides which of its scripts a job that is not plain needs. */
function scriptCall(backend: BoundedBackend, job: JobJson, digest: string): AddCall {
  const collector = new AddCollector(backend.keys);
  backend.collect(collector, { job, jobId: job.id, digest });
  const [call] = collector.calls;
  if (!call) throw new TypeError('BullMQ prepared no add call');
  return call;
}

type Options = JobsOptions & { sluice: StoredOptions };

function storedOptions(contract: JobContract, jobId: string, digest: string, options: PutOptions): Options {
  const stored: StoredOptions = { v: contract.version, d: digest };
  if (options.timeoutMs !== undefined) stored.t = options.timeoutMs;
  const expiresAtMs = expiryOf(options);
  if (expiresAtMs !== undefined) stored.e = expiresAtMs;
  const { type, delayMs, jitter } = contract.retry.backoff;
  const opts: Options = {
    attempts: options.attempts ?? contract.retry.attempts,
    backoff: { type, delay: delayMs, jitter },
    jobId,
    sluice: stored,
  };
  if (options.delayMs) opts.delay = options.delayMs;
  if (options.priority !== undefined) opts.priority = options.priority;
  return opts;
}

/** The job as BullMQ's own Job class would have described it. */
function jobJson(name: string, data: string, id: string, opts: Options): JobJson {
  return {
    id,
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
