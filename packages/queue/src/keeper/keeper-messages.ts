import type { JobContract } from '@sluice/shared';
import type { KeysMap } from 'bullmq';
import type { Outcome } from '../pool/outcome.ts';
import type { PoolTimings } from '../pool/pool-defaults.ts';
import type { FunctionLine } from './function-line.ts';
import type { RedisInput } from '../redis/redis-input.ts';

/** Which lease: its cell, and the how-manieth lease in it. */
export interface LeaseRef {
  readonly slot: number;
  readonly generation: number;
}

/** A lease as the keeper's thread is told of it. */
export interface LeaseNote extends LeaseRef {
  readonly id: string;
  readonly token: string;
  /** The number of the delivery. */
  readonly deliveries: number;
  /** The attempt's deadline; 0 for a job that has no handler here. */
  readonly timeoutMs: number;
  /** Deadline and grace together. */
  readonly lastsMs: number;
}

/** What the thread is started with. */
export interface ThreadData {
  readonly redis: RedisInput;
  /** Functions among the options of `redis`, if there are any. */
  readonly functions?: FunctionLine;
  /** The texts of the scripts that it runs: it reads no files. */
  readonly scripts: KeeperScripts;
}

export type KeeperScripts = Readonly<Record<'renew' | 'sweep' | 'delay' | 'retry' | 'finish', string>>;

/** What the thread is told of a pool. */
export interface PoolSetup {
  readonly queue: { readonly capacity: number };
  readonly keys: KeysMap;
  readonly keepDead: { readonly count: number; readonly ageMs: number };
  /** By name: how attempts are repeated. */
  readonly retries: Readonly<Record<string, JobContract['retry']>>;
  /** What the pool's lock tokens begin with. */
  readonly pool: string;
  readonly timings: PoolTimings;
  readonly unavailableMs: number;
}

/** All that keeping the leases of a pool takes. */
export type KeeperSetup = PoolSetup & Pick<ThreadData, 'redis' | 'scripts'>;

/** Which pool, and what. The thread keeps the leases of several. */
export interface ToThread {
  readonly pool: number;
  readonly message: ToKeeper | { readonly kind: 'open'; readonly setup: PoolSetup };
}

export interface FromThread {
  readonly pool: number;
  readonly message: FromKeeper | { readonly kind: 'closed' };
}

export type ToKeeper =
  /** More cells, or all of them to a new thread. The leases themselves stand in the cells. */
  | { readonly kind: 'pages'; readonly pages: readonly SharedArrayBuffer[] }
  /** The id of a lease, when it is too long for its cell. */
  | { readonly kind: 'name'; readonly lease: LeaseRef; readonly id: string }
  /** Renew this one lease now, and tell how that went. */
  | { readonly kind: 'confirm'; readonly ask: number; readonly lease: LeaseRef }
  | { readonly kind: 'close' };

export type FromKeeper =
  /** Its first round is over. In so many milliseconds a sweep may give back what others left behind; 0: they left nothing. */
  | { readonly kind: 'ready'; readonly leftoversInMs: number }
  /** The connection could not be opened. */
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'lost'; readonly leases: readonly LeaseRef[] }
  | { readonly kind: 'regained'; readonly count: number }
  | { readonly kind: 'confirmed'; readonly ask: number; readonly holds: LeaseHold }
  /** An attempt that main did not end in time. `written`: false when the lease was lost before. */
  | { readonly kind: 'ended'; readonly lease: LeaseRef; readonly outcome: Outcome; readonly written: boolean }
  /** An attempt that it could not end, because Redis is away. */
  | { readonly kind: 'givenBack'; readonly lease: LeaseRef }
  | { readonly kind: 'recovered'; readonly ids: readonly string[] }
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'fine' };

/** Whether a lease is ours, as Redis says; unknown while Redis does not answer. */
export type LeaseHold = 'held' | 'lost' | 'unknown';
