import { limits } from './limits.ts';
import type { Keep, QueueDefinition } from './queue-policy.ts';

/** How long an id that a caller gave is known after its job has ended. */
export interface IdWindows {
  readonly completedMs: number;
  readonly deadMs: number;
}

/** How long the ids of a queue are known. Ages beyond ten years are cut to that. */
export function idWindowsOf({ idempotencyMs, keep }: Pick<QueueDefinition, 'idempotencyMs' | 'keep'>): IdWindows {
  const window = ({ ageMs }: Keep): number => idempotencyMs ?? Math.min(ageMs, limits.delayMaxMs);
  return { completedMs: window(keep.completed), deadMs: window(keep.dead) };
}
