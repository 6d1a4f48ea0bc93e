import type { Keep, QueueDefinition } from './queue-policy.ts';

const TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1_000;

/** How long an id that a caller gave is known after its job has ended. */
export interface IdWindows {
  readonly completedMs: number;
  readonly deadMs: number;
}

/** How long the ids of a queue are known. Ages beyond ten years are cut to that. */
export function idWindowsOf({ idempotencyMs, keep }: Pick<QueueDefinition, 'idempotencyMs' | 'keep'>): IdWindows {
  const window = ({ ageMs }: Keep): number => idempotencyMs ?? Math.min(ageMs, TEN_YEARS_MS);
  return { completedMs: window(keep.completed), deadMs: window(keep.dead) };
}
