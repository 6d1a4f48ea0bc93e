import type { BunqueueInstall } from '../bunqueue/install-bunqueue.ts';
import type { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks, RoundsOptions } from '../run-rounds.ts';
import type { RatioRow } from './ratio-row.ts';

/** How much a part measures. On a busy machine fewer rounds than these are done by the time that a part has. */
export interface PartScale extends RoundsOptions {
  /** Jobs of one run; of one round for the lateness. */
  readonly jobs: number;
}

/** What a part measures with. */
export interface PartBench extends BenchHooks {
  /** A private Redis of this part alone. */
  readonly redis: BenchRedis;
  /** Only the cases that say most. */
  readonly quick: boolean;
  readonly scale: PartScale;
  /** Absent when nobody asked for it or it cannot be had. */
  readonly bunqueue?: BunqueueInstall;
}

/** Some rows of `pnpm bench all` that are measured together. It has a file of its own in `parts/`. */
export interface Part {
  /** What it is called on the command line. One word. */
  readonly name: string;
  /** All parts together take two minutes when quick, and a quarter of an hour otherwise. */
  readonly scales: { readonly quick: PartScale; readonly whole: PartScale };
  readonly measure: (bench: PartBench) => Promise<readonly RatioRow[]>;
}
