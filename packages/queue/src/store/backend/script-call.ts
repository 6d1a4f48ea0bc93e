import type { StoredOptions } from '../../job/stored-options.ts';
import { AddCollector } from '../admission/add-collector.ts';
import type { ScriptCall } from '../admission/admission.ts';
import type { BoundedBackend } from './bounded-backend.ts';

/** A job that the fast path cannot add: it has a delay or a priority. */
export interface ScriptJob {
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
}

/** The call that BullMQ would have made for the job: BullMQ decides which of its scripts the job needs. */
export function scriptCall(backend: BoundedBackend, { id, name, data, options, at, digest }: ScriptJob): ScriptCall {
  const collector = new AddCollector(backend.keys);
  // As BullMQ's own Job class would have described it.
  const job = {
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
  };
  backend.collect(collector, { job, jobId: id, ...(digest ? { digest } : {}) });
  const [call] = collector.calls;
  if (!call) throw new TypeError('BullMQ prepared no add call');
  return call;
}
