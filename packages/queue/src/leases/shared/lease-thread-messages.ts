import type { AttemptOutcome } from '../../job/attempt-outcome.ts';
import type { FleetOrder } from '../../store/pools/pool-orders.ts';
import type { PoolDescription } from '../../store/pools/pool-description.ts';
import type { RedisInput } from '../../store/connection/redis-input.ts';
import type { LeaseThreadScripts, PoolSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { LeaseHold, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { FunctionChannel } from './function-channel.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly redis: RedisInput;
  /** Functions among the options of `redis`, if there are any. */
  readonly functions?: FunctionChannel;
  /** The texts of the scripts that it runs: it reads no files. */
  readonly scripts: LeaseThreadScripts;
}

/** Which pool, and what. The thread keeps the leases of several. */
export interface ToLeaseThread {
  readonly pool: number;
  readonly message: LeaseCommand | { readonly kind: 'open'; readonly setup: PoolSetup };
}

export interface FromLeaseThread {
  readonly pool: number;
  readonly message: LeaseReport | { readonly kind: 'closed' };
}

export type LeaseCommand =
  /** More records, or all of them to a new thread. The leases themselves stand in the records. */
  | { readonly kind: 'pages'; readonly pages: readonly SharedArrayBuffer[] }
  /** The id of a lease, when it is too long for its record. */
  | { readonly kind: 'name'; readonly lease: LeaseRef; readonly id: string }
  /** What the pool says of itself from now on. */
  | { readonly kind: 'describe'; readonly description: PoolDescription }
  /** Renew this one lease now, and report how that went. */
  | { readonly kind: 'confirm'; readonly ask: number; readonly lease: LeaseRef }
  /** The pool has begun to drain. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' };

export type LeaseReport =
  /** Its first round is over. After this many milliseconds a sweep may give back what other pools left behind; 0: they left nothing. */
  | { readonly kind: 'ready'; readonly leftoversInMs: number }
  /** The connection could not be opened. */
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'lost'; readonly leases: readonly LeaseRef[] }
  | { readonly kind: 'reacquired'; readonly count: number }
  | { readonly kind: 'confirmed'; readonly ask: number; readonly holds: LeaseHold }
  /** An attempt that main did not end in time. `written`: false when the lease was lost before. */
  | { readonly kind: 'ended'; readonly lease: LeaseRef; readonly outcome: AttemptOutcome; readonly written: boolean }
  /** Somebody cancels the job of this lease. */
  | { readonly kind: 'cancel'; readonly lease: LeaseRef; readonly reason: string }
  /** What an operator tells the pool as a whole. */
  | { readonly kind: 'order'; readonly order: FleetOrder }
  /** An attempt that it could not end, because Redis is away. */
  | { readonly kind: 'givenBack'; readonly lease: LeaseRef }
  | { readonly kind: 'recovered'; readonly ids: readonly string[] }
  | { readonly kind: 'trouble'; readonly message: string }
  | { readonly kind: 'fine' };

export function troubleOf(error: unknown): LeaseReport {
  return { kind: 'trouble', message: messageOf(error) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
