import type { IRedisTransaction, JobJson, KeysMap, ParentKeyOpts } from 'bullmq';
import type { DedupeMode } from '../../job/dedupe.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import type { ScriptCall } from './admission.ts';
import type { PlainAdd } from './plain-adds.ts';
import { isAddScript } from '../scripts/scripts.ts';

/**
 * Stands in for a Redis client while BullMQ prepares its add calls, and writes down what it would have sent.
 * So BullMQ alone decides which script a job needs and with which arguments.
 */
export class AddCollector {
  readonly calls: ScriptCall[] = [];
  /** The keys of the queue that the next call is for. */
  #queueKeys: KeysMap;
  #digest: string | undefined;

  constructor(queueKeys: KeysMap) {
    this.#queueKeys = queueKeys;
  }

  /** Says which queue the next call is for, and the digest of its payload. */
  next(queueKeys: KeysMap, digest?: string): IRedisTransaction {
    this.#queueKeys = queueKeys;
    this.#digest = digest;
    // BullMQ hands this object back to `execCommand` and touches nothing of it.
    return this as unknown as IRedisTransaction;
  }

  /** The answer is what BullMQ takes for "queued on a transaction". */
  collect(script: string, args: readonly (string | Buffer)[]): string {
    if (!isAddScript(script)) throw new TypeError(`${script} is no add script`);
    const call: ScriptCall = { queueKeys: this.#queueKeys, script, args };
    this.calls.push(this.#digest === undefined ? call : { ...call, digest: this.#digest });
    return '';
  }
}

/** A job that is to be added, in one form or the other. */
export interface PreparedAdd {
  /** When admit-adds.lua can write it. */
  readonly plain: PlainAdd | undefined;
  /** As BullMQ would have called for it. */
  readonly call: () => ScriptCall;
  /** What it sends, about. */
  readonly bytes: number;
}

/** Stands in for a Redis client while BullMQ prepares one add call. */
export class AddPreparation extends AddCollector {
  #plain: PlainAdd | undefined;
  #call: (() => ScriptCall) | undefined;

  /** Of a plain job, whose call is prepared only if it is wanted. */
  takePlain(plain: PlainAdd, call: () => ScriptCall): void {
    this.#plain = plain;
    this.#call = call;
  }

  get prepared(): PreparedAdd {
    const plain = this.#plain;
    if (plain && this.#call) return { plain, call: this.#call, bytes: bytesOfAdd(plain.data, plain.options) };
    const [call] = this.calls;
    if (!call) throw new TypeError('BullMQ prepared no add call');
    return { plain: undefined, call: () => call, bytes: bytesOfAdd(...call.args.slice(-3)) };
  }
}

function bytesOfAdd(...args: readonly (string | Buffer)[]): number {
  return args.reduce((sum, arg) => sum + Buffer.byteLength(arg), 0);
}

/** A job as BullMQ hands it to its backend. */
export interface AddEntry {
  job: JobJson;
  jobId: string;
  parentKeyOpts?: ParentKeyOpts;
  /** Of the payload, where a put of ours has one. */
  digest?: string;
}

/** What has BullMQ prepare its add calls. */
export interface AddPreparer {
  readonly keys: KeysMap;
  collect(collector: AddCollector, entry: AddEntry, keys?: KeysMap): void;
}

/** A job that the fast path cannot add: it has a delay, a priority or a deduplication key, or goes to the front. */
interface ScriptJob {
  /** As stored. */
  readonly id: string;
  readonly name: string;
  /** The payload as JSON. */
  readonly data: string;
  readonly options: StoredOptions;
  /** When it was put, in milliseconds since the epoch. */
  readonly at: number;
  /** Of the payload; empty when the id was generated. */
  readonly digest: string;
  readonly dedupe: DedupeMode | undefined;
}

/** As BullMQ's own Job class would have described it. */
export function jobJson({ id, name, data, options, at }: Omit<ScriptJob, 'digest' | 'dedupe'>): JobJson {
  return {
    id,
    name,
    data,
    opts: options,
    timestamp: at,
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: '',
    returnvalue: '',
    ...(options.deduplication && { deduplicationId: options.deduplication.id }),
  };
}

/** The call that BullMQ would have made for the job: BullMQ decides which of its scripts the job needs. */
export function scriptCall(backend: AddPreparer, { digest, dedupe, ...about }: ScriptJob): ScriptCall {
  const collector = new AddCollector(backend.keys);
  backend.collect(collector, { job: jobJson(about), jobId: about.id, ...(digest ? { digest } : {}) });
  const [call] = collector.calls;
  if (!call) throw new TypeError('BullMQ prepared no add call');
  return dedupe ? { ...call, dedupe } : call;
}
