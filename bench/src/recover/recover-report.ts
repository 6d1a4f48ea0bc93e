import type { Machine } from '../machine.ts';

/** From the kill of a worker to the start of its job's handler in another. */
export interface KilledFigures {
  readonly samples: number;
  readonly p50Ms: number;
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** How long after deadline and grace the slot of a hung handler ran the next job. */
export interface HungFigures {
  readonly samples: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly p50LateMs: number;
  readonly p99LateMs: number;
}

/** What `pnpm bench recover --json` prints. */
export interface RecoverReport {
  readonly bench: 'recover';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly killed: KilledFigures;
  readonly hung: HungFigures;
}
