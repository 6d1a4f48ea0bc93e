import type { RoundsOptions } from '../run-rounds.ts';

export interface LifeBenchOptions extends RoundsOptions {
  /** Jobs of one run at full speed, 100 to 100,000, shared by the producers. */
  readonly jobs: number;
  /** Jobs a second, all producers together, of the runs in which the time of a life is taken. */
  readonly perSecond: number;
}

export const lifeBenchDefaults: LifeBenchOptions = { rounds: 5, jobs: 10_000, perSecond: 500, timeLimitMs: 170_000 };

export const producers = 2;
export const workers = 2;
/** Puts that each producer has under way at full speed, and jobs that each worker runs at once. */
export const lanes = 100;
export const slots = 100;
/** How long the steady runs last. */
export const steadyMs = 2_000;
