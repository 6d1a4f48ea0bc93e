import type { KeysMap } from 'bullmq';
import type { IdWindows } from '../../job/contracts/id-windows.ts';
import type { DedupeMode } from '../../job/dedupe.ts';
import type { DropPolicy, Keep } from '../../job/contracts/queue-policy.ts';
import type { AddScript } from '../scripts/scripts.ts';

/** One job to add: by the fast path, or as BullMQ would have called for it. */
export type AddCall = ScriptCall | PlainCall;

/** A plain job: no delay, priority, parent or deduplication. One script of ours writes what BullMQ's would have. */
export interface PlainCall {
  queueKeys: KeysMap;
  /** As stored. */
  id: string;
  /** Ms since the epoch. */
  at: number;
  /** JSON. */
  data: string;
  options: SharedOptions;
  /** Digest of the payload, to distinguish a duplicate from a conflict; empty when the id was generated. */
  digest: string;
  /** The id was generated and never sent: no job can have it. */
  isNew: boolean;
  /** How it replaces another job when there is no free capacity; only with mode `each`. */
  drop?: DropPolicy;
}

/** Name and options of plain jobs: sent once for all jobs of a call that share them. */
export interface SharedOptions {
  readonly name: string;
  /** The options as JSON, in three pieces: id and digest go between them. */
  readonly json: readonly [beforeId: string, beforeDigest: string, rest: string];
}

/** One call of a BullMQ add script. */
export interface ScriptCall {
  /** How a put of ours with a deduplication key joins the job that has it. */
  dedupe?: DedupeMode;
  queueKeys: KeysMap;
  script: AddScript;
  /** The script's keys, then its three arguments. */
  args: readonly (string | Buffer)[];
  /** Digest of the payload, to distinguish a duplicate from a conflict. */
  digest?: string;
  /** How it replaces another job when there is no free capacity; only with mode `each`. */
  drop?: DropPolicy;
}

/** A parent that may have no pending children once a flow is in: parent key, its dependencies' key, queue key, id, now. */
export type ParentRelease = readonly (string | number)[];

/** A position in the waiter queue that is asked for, or held. */
export interface TicketRequest {
  /** `<producer>:<number>`; the producer's part is where it listens. */
  name: string;
  /** When it arrived, as Redis said at the first time; with it a ticket that Redis lost returns to its position. */
  arrival?: string | undefined;
}

/** By which Redis recognises a call that is sent twice. */
export interface RequestId {
  /** The key that caches the reply to the last call of this request-id slot. Only one call of a slot is in flight at a time. */
  slot: string;
  /** Larger than that of every call before. */
  number: number;
  windowMs: number;
}

export interface Admission {
  calls: readonly AddCall[];
  /** `each`: in order, as far as there is free capacity. `all`: all or none. */
  mode: 'each' | 'all';
  /** Capacity where none is set in Redis; undefined for unbounded. */
  capacity: number | undefined;
  /** The same for queues whose definition is known. */
  capacities?: ReadonlyMap<KeysMap, number>;
  /** With `each`: what makes Redis or BullMQ's script fail fails alone. */
  isolated?: boolean;
  /** One put of ours: known by its first job, and refused when another id of it is taken. */
  isFlow?: boolean;
  releases?: readonly ParentRelease[];
  /** With a ticket, what finds no free capacity waits in the waiter queue under its name. */
  ticket?: TicketRequest | undefined;
  /** How long the id of an ended job is known to a put with a digest, where the job itself does not say. */
  idWindows?: IdWindows;
  /** How many dead jobs the queue keeps, and how long, once calls drop some. */
  keepDead?: Keep;
  /** With a request id, the same call may be sent again: its first reply is cached for `windowMs`. */
  requestId?: RequestId;
}

export type Decision =
  | 'created'
  | 'duplicate'
  | 'conflict'
  | 'deduplicated'
  | 'full'
  | 'too-many-waiters'
  | 'nothing-to-drop'
  | 'sealed'
  | 'orphan'
  | 'skipped'
  | 'failed';

export interface AdmissionAnswer {
  decision: Decision;
  /** The stored id, or one of BullMQ's negative codes; 0 when nothing was added. */
  id: string | number;
  /** Unfinished jobs after this entry. */
  depth: number;
  /** 0 for unbounded. */
  capacity: number;
  /** When anything of the call was refused: how many jobs its queue would have had to take. */
  needs?: number;
  /** The job that has the id, when it has no digest that would show whether its payload is the same. */
  stored?: StoredJob;
  /** The job that this one replaced. */
  dropped?: DroppedJob;
  /** Why it failed, where it failed alone. */
  failure?: string;
  /** As stored: the job that this put becomes once the one that it was joined to has ended. */
  next?: string;
}

export interface DroppedJob {
  /** As stored. */
  id: string;
  /** Its contract; empty when a server of an older version answered. */
  job: string;
}

export interface StoredJob {
  name: string;
  version: number;
  data: string;
}

export interface AdmissionReply {
  /** One for each call. */
  answers: AdmissionAnswer[];
  /** With a ticket that waits: when it arrived. */
  arrival?: string;
  /** Tickets that stand before this call's. */
  ahead: number;
  /** When anything was refused: how many jobs ended in the last ten seconds, as far as they are kept. */
  ended?: number;
  /** Redis knew no capacity of a queue: the one of this call was used, and is written down. */
  isUnclaimed?: boolean;
}
