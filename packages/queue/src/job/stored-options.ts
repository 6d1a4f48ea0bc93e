/** Children of one contract: how many that have the id `<parent>.<index>`, or the id of one. */
export type ChildStamp = readonly [job: string, ids: number | string];

/**
 * What Sluice's producer adds to BullMQ's job options. Absent on jobs of other clients. Strings, small integers and lists of them only, because
 * it passes through Lua's JSON.
 */
export interface SluiceStamp {
  /** Version of the contract that the payload was put with. */
  v?: number;
  /** Deadline of each attempt in milliseconds, over the contract's. */
  t?: number;
  /** When the job is no longer worth starting, in milliseconds since the epoch. */
  e?: number;
  /** Digest of the payload; absent when the id was generated (empty in jobs of earlier versions). */
  d?: string;
  /** How long the id is known after the job completed, in milliseconds. */
  i?: number;
  /** How long it is known after the job died. */
  f?: number;
  /** The children of the root or of a branch of a flow, in their order. */
  c?: ChildStamp[];
  /** Paths of the payload that are not shown. */
  s?: readonly string[];
}

/**
 * How many ended jobs stay when one ends: by their age in seconds, as BullMQ stores it, by their number, or both; and how many
 * jobs that are too old one call removes at most.
 */
export type KeepJobs = { age: number; count?: number; limit?: number } | { count: number };

/** BullMQ's deduplication, as far as Sluice writes it. */
export interface StoredDeduplication {
  id: string;
  /** In milliseconds. */
  ttl?: number;
  extend?: boolean;
  replace?: boolean;
  keepLastIfActive?: boolean;
}

/** A job's options as they are stored, in BullMQ's names, as far as Sluice reads them; those of other clients have more. */
export interface StoredOptions {
  jobId?: string;
  attempts?: number;
  backoff?: number | { type: string; delay?: number; jitter?: number };
  /** In milliseconds. */
  delay?: number;
  priority?: number;
  stackTraceLimit?: number;
  removeOnComplete?: boolean | number | KeepJobs;
  removeOnFail?: boolean | number | KeepJobs;
  lifo?: boolean;
  deduplication?: StoredDeduplication;
  parent?: { id: string; queue: string };
  failParentOnFailure?: boolean;
  continueParentOnFailure?: boolean;
  ignoreDependencyOnFailure?: boolean;
  removeDependencyOnFailure?: boolean;
  /** The context of the put, as telemetry wrote it down. */
  tm?: string;
  /** The context was left out on purpose. */
  omc?: boolean;
  sluice?: SluiceStamp;
}
