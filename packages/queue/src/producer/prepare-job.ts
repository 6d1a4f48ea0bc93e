import { encodePayload, type JobContract, parseJobId, payloadDigest } from '@sluice/shared';
import type { JobJson, JobsOptions } from 'bullmq';
import { AddCollector } from '../backend/add-collector.ts';
import type { AddCall } from '../backend/admission.ts';
import type { BoundedBackend } from '../backend/bounded-backend.ts';
import { generateId, storedId } from '../redis/queue-keys.ts';
import { checkPutOptions, type PutOptions } from './put-options.ts';

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
  const collector = new AddCollector(backend.keys);
  const jobId = storedId(id);
  await backend.prepare(collector, { job: jobJson(contract, json, jobId, digest, options), jobId, digest });
  const [call] = collector.calls;
  if (!call) throw new TypeError('BullMQ prepared no add call');
  return { id, job: contract.name, call, bytes };
}

/** The job as BullMQ's own Job class would have described it. */
function jobJson(contract: JobContract, data: string, id: string, digest: string, options: PutOptions): JobJson {
  const stored: StoredOptions = { v: contract.version, d: digest };
  if (options.timeoutMs !== undefined) stored.t = options.timeoutMs;
  const { type, delayMs, jitter } = contract.retry.backoff;
  const opts: JobsOptions & { sluice: StoredOptions } = {
    attempts: options.attempts ?? contract.retry.attempts,
    backoff: { type, delay: delayMs, jitter },
    jobId: id,
    sluice: stored,
  };
  if (options.delayMs) opts.delay = options.delayMs;
  if (options.priority !== undefined) opts.priority = options.priority;
  return {
    id,
    name: contract.name,
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
