import type { Logger } from '@sluice/shared';
import type { BoundHandler, Handlers } from '../handler/handler-registry.ts';
import type { Lease } from '../keeper/lease.ts';
import type { LeaseKeeper } from '../keeper/lease-keeper.ts';
import type { AttemptWords } from './attempt-words.ts';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import type { HandlerRun } from './handler-run.ts';
import type { Interruption } from './interruption.ts';
import type { AttemptStore } from './lease-store.ts';
import type { Outcome } from './outcome.ts';
import type { PoolEmitter } from './pool-events.ts';
import type { PoolTally } from './pool-tally.ts';
import type { RedisWatch } from './redis-watch.ts';

/** What is known of an attempt. Each step of its course takes a record and returns one that knows more. */
export interface AttemptRecord {
  readonly delivery: Delivery;
  /** The id in its caller's form. */
  readonly id: string;
  readonly lease: Lease;
  readonly startedAtMs: number;
  readonly handler: BoundHandler | null;
  /** In a box, for a payload may be anything. */
  readonly payload: { readonly value: unknown } | null;
  /** The handler's run, and what it may say; null when none was started. */
  readonly handling: { readonly run: HandlerRun; readonly words: AttemptWords } | null;
  /** Once it is there, only settling and reporting are left. */
  readonly outcome: Outcome | null;
  readonly written: boolean;
  /** What the attempt came to here, when the lease keeper had ended it as timed out before. */
  readonly refused: Outcome | null;
}

/** What the steps need from their pool. */
export interface AttemptHost {
  readonly handlers: Handlers;
  readonly store: AttemptStore;
  readonly keeper: Pick<LeaseKeeper, 'hold' | 'limit' | 'release'>;
  readonly interruption: Interruption;
  readonly watch: RedisWatch;
  readonly events: PoolEmitter;
  readonly tally: PoolTally;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export type Step = (record: AttemptRecord, host: AttemptHost) => AttemptRecord | Promise<AttemptRecord>;
