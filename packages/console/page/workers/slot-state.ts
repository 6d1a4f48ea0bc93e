import type { RunningJob } from '@sluice/queue';
import { duration } from '../ui/format.ts';

/** How far an attempt is on the way to its deadline. */
export interface SlotState {
  readonly level: 'early' | 'half' | 'late' | 'past' | 'unknown';
  /** The elapsed part of the deadline, from 0 to 1; null where none is known. */
  readonly share: number | null;
  /** For a person: how long, of how long. */
  readonly text: string;
}

/** What the square of a slot shows. Past its deadline an attempt only runs when its handler has extended it. */
export function slotState(
  { startedAt, timeoutMs }: Pick<RunningJob, 'startedAt' | 'timeoutMs'>,
  nowMs: number,
): SlotState {
  const elapsedMs = Math.max(0, nowMs - startedAt);
  if (timeoutMs === null)
    return { level: 'unknown', share: null, text: `for ${duration(elapsedMs)}, its deadline is not known` };
  const share = elapsedMs / timeoutMs;
  const of = `for ${duration(elapsedMs)} of ${duration(timeoutMs)}`;
  if (share >= 1) return { level: 'past', share: 1, text: `${of}: past its first deadline` };
  return { level: share < 0.5 ? 'early' : share < 0.8 ? 'half' : 'late', share, text: of };
}
