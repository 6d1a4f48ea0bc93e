import type { TakeCase } from './take-plan.ts';

/** What a contender's process is told to do: to get ready for a run, to do it, and to clear away. */
export type TakeRequest =
  | { readonly type: 'prepare'; readonly order: TakeOrder }
  | { readonly type: 'go' }
  | { readonly type: 'close' };

export interface TakeOrder extends TakeCase {
  readonly jobs: number;
}

/** What a run cost, as seen by that process. */
export interface TakeCost {
  readonly elapsedMs: number;
  /** User and system time of the whole process, all its threads, garbage collection included. */
  readonly nodeCpuUs: number;
}

/** The cost of a run that has ended, null for the steps around it, or why there is none. */
export type TakeAnswer = { readonly cost: TakeCost | null } | { readonly failed: string };
