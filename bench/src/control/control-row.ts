import type { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import type { Spread } from '../statistics.ts';

/** What a row measures with. */
export interface ControlBench extends BenchHooks {
  /** A private Redis, empty, of this row alone. */
  readonly redis: BenchRedis;
  /** How often a row repeats what it compares, 1 to 100. */
  readonly rounds: number;
  /** Smaller sizes, in the rows that have several. */
  readonly quick: boolean;
}

/** One figure of a row: a line of its table. */
export interface ControlFigure {
  readonly what: string;
  /** Such as `ms` or `Redis µs/job`. */
  readonly unit: string;
  readonly measured: Spread;
  /** What it is compared with, taken in the same run. */
  readonly comparedWith?: { readonly what: string; readonly measured: Spread };
  /** What it has to be, as words: `at most 1.15 times`. */
  readonly aim?: string;
}

/** A row of `pnpm bench control`: the figures of one feature. It has a file of its own in `rows/`. */
export interface ControlRow {
  /** What it is called on the command line. One word. */
  readonly name: string;
  readonly title: string;
  /** Absent while nothing is measured yet. */
  readonly measure?: (bench: ControlBench) => Promise<readonly ControlFigure[]>;
}
