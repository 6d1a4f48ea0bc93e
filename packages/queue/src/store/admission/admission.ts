import type { KeysMap } from 'bullmq';
import type { DropPolicy, IdWindows, Keep } from '../../job/contracts/queue-policy.ts';
import type { AddScript } from '../scripts/scripts.ts';

/** One job to add: as BullMQ would have called for it, or lean. */
export type AddCall = ScriptCall | LeanCall;

/** A plain job: no delay, priority, parent or deduplication. One script of ours writes what BullMQ's would have. */
export interface LeanCall {
  queueKeys: KeysMap;
  /** As stored. */
  id: string;
  /** Ms since the epoch. */
  at: number;
  /** JSON. */
  data: string;
  options: SharedOptions;
  /** Digest of the payload, to tell a duplicate from a conflict; empty when the id was generated. */
  digest: string;
  /** The id was generated and never sent: nobody can have a job of that id. */
  isNew: boolean;
  /** How it replaces another job when there is no free capacity; only with mode `each`. */
  drop?: DropPolicy;
}

/** Name and options of lean jobs: sent once for all jobs of a run that share them. */
export interface SharedOptions {
  readonly name: string;
  /** The options as JSON, in three pieces: id and digest go between them. */
  readonly json: readonly [beforeId: string, beforeDigest: string, rest: string];
}

/** One call of a BullMQ add script. */
export interface ScriptCall {
  queueKeys: KeysMap;
  script: AddScript;
  /** The script's keys, then its three arguments. */
  args: readonly (string | Buffer)[];
  /** Digest of the payload, to tell a duplicate from a conflict. */
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
  /** How long it lives without being asked for again. */
  lifeMs: number;
  /** The most tickets that may wait. */
  most: number;
}

/** One of the few runs that a producer may have under way at once. */
export interface RunNumber {
  /** Where the answer of the lane's last run is kept. Only one run of a lane is under way at a time. */
  lane: string;
  /** Larger than that of every run before. */
  number: number;
  windowMs: number;
}

export interface Admission {
  calls: readonly AddCall[];
  /** `each`: in order, as far as there is free capacity. `all`: all or none. */
  mode: 'each' | 'all';
  /** Capacity where none is set in Redis; undefined for unbounded. */
  capacity: number | undefined;
  releases?: readonly ParentRelease[];
  /** With a ticket, what finds no free capacity waits in the waiter queue under its name. */
  ticket?: TicketRequest | undefined;
  /** How long the id of an ended job is known to a put with a digest, where the job itself does not say. */
  idWindows?: IdWindows;
  /** How many dead jobs the queue keeps, and how long, once calls drop some. */
  keepDead?: Keep;
  /** With a number in its lane, the same run may be sent again: its first answer is kept for `windowMs`. */
  run?: RunNumber;
}

export type Verdict =
  | 'created'
  | 'duplicate'
  | 'conflict'
  | 'deduplicated'
  | 'full'
  | 'too-many-waiters'
  | 'nothing-to-drop'
  | 'sealed'
  | 'orphan'
  | 'skipped';

export interface AdmissionAnswer {
  verdict: Verdict;
  /** The stored id, or one of BullMQ's negative codes; 0 when nothing was added. */
  id: string | number;
  /** Unfinished jobs after this entry. */
  depth: number;
  /** 0 for unbounded. */
  capacity: number;
  /** When anything of the run was refused: how many jobs its queue would have had to take. */
  needs?: number;
  /** The job that has the id, when it has no digest that would tell whether its payload is the same. */
  stored?: StoredJob;
  /** As stored: the job that this one replaced. */
  dropped?: string;
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
  /** Tickets that stand before this run's. */
  ahead: number;
  /** When anything was refused: how many jobs ended in the last ten seconds, as far as they are kept. */
  ended?: number;
  /** Redis knew no capacity of a queue: the one of this call was used, and is written down. */
  isUnclaimed?: boolean;
}
