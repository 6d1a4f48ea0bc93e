import { type DropPolicy, type Keep } from '../../job/contracts/queue-policy.ts';
import { JobDroppedError } from '../../job/errors/index.ts';
import type { AddCall } from './admission.ts';

/** What admit-jobs.lua needs in order to evict jobs. */
export interface EvictionSettings {
  /** The code of the dead letter. */
  code: string;
  reasons: Record<DropPolicy, string>;
  /** Dead jobs that are kept, and how long. */
  count: number;
  ageMs: number;
}

/** Undefined when none of the calls may drop another job. */
export function evictionSettings(calls: readonly AddCall[], keep: Keep): EvictionSettings | undefined {
  if (!calls.some(({ drop }) => drop)) return undefined;
  const [oldest, lowest] = [new JobDroppedError('drop-oldest'), new JobDroppedError('drop-lowest-priority')];
  return {
    code: oldest.code,
    reasons: { 'drop-oldest': oldest.message, 'drop-lowest-priority': lowest.message },
    count: keep.count,
    ageMs: Math.ceil(keep.ageMs / 1_000) * 1_000, // BullMQ counts ages in seconds, and the pool goes by that
  };
}
