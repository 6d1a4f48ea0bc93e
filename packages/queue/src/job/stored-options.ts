import type { JobsOptions } from 'bullmq';

/**
 * What Sluice's producer adds to BullMQ's job options. Absent on jobs of other clients. Strings and small integers only, because
 * it passes through Lua's JSON.
 */
export interface SluiceStamp {
  /** Version of the contract that the payload was put with. */
  v?: number;
  /** Deadline of each attempt in milliseconds, over the contract's. */
  t?: number;
  /** When the job is no longer worth starting, in milliseconds since the epoch. */
  e?: number;
  /** Digest of the payload; empty when the id was generated. */
  d?: string;
  /** How long the id is known after the job completed, in milliseconds. */
  i?: number;
  /** How long it is known after the job died. */
  f?: number;
}

/** As stored: BullMQ shortens some names (`kl`, `de`, `fpof` …), none of which a pool reads. */
export type StoredOptions = JobsOptions & { sluice?: SluiceStamp };
