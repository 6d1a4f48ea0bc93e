/**
 * What a crash suspect waits for.
 *
 * - `worker`: no pool serves the queue
 * - `resume`: the queue is paused
 * - `earlier-groups`: groups that are tried before its own
 * - `idle-process`: a process of a pool in which nothing runs; where none is ever idle, one busy pool every 30 s makes way
 */
export type SuspectWait = 'worker' | 'resume' | 'earlier-groups' | 'idle-process';

export interface SuspectLook {
  /** Pools of ours that serve the queue. */
  readonly pools: number;
  readonly isPaused: boolean;
  /** How many groups come before its own. */
  readonly groupsAhead: number;
}

/** The first thing that must happen. */
export function suspectWait({ pools, isPaused, groupsAhead }: SuspectLook): SuspectWait {
  if (isPaused) return 'resume';
  if (pools === 0) return 'worker';
  return groupsAhead > 0 ? 'earlier-groups' : 'idle-process';
}
