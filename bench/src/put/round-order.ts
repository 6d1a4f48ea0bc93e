import type { PayloadSize, Shape } from './put-plan.ts';

/** What a contender's process is told to do: one measured run. */
export interface RoundOrder {
  readonly shape: Shape;
  readonly payload: PayloadSize;
  readonly jobs: number;
}

/** What it cost, as seen by that process. */
export interface RoundCost {
  readonly elapsedMs: number;
  /** User and system time of the whole process, garbage collection included. */
  readonly nodeCpuUs: number;
}

/** Its answer: the cost, or why there is none. */
export type RoundAnswer = RoundCost | { readonly failed: string };
