import type { Keep } from '../../job/contracts/queue-policy.ts';

/** The jobs of one way to end, as far as they are kept. */
export interface KeptEnds {
  keep: Keep;
  /** How many are kept now. */
  held: number;
  /** How many of them ended within {@link endsWindowMs}. */
  counted: number;
  /** How long ago the oldest of them ended. */
  oldestMs: number;
}

const WINDOW_MS = 60_000;

/** How far back ends of jobs are counted: a minute, or as long as they are kept if that is less. */
export function endsWindowMs({ ageMs }: Keep): number {
  return Math.min(WINDOW_MS, ageMs);
}

/**
 * Ends per second, from jobs that are kept anyway. Once a queue keeps as many as it may, the older ones of the window
 * may be gone: then it is the time since the oldest that counts. Null when one of the ways to end leaves nothing.
 */
export function drainPerSecond(ways: readonly KeptEnds[]): number | null {
  if (ways.some(({ keep }) => keep.count === 0)) return null;
  const perSecond = ways.reduce((sum, way) => sum + (way.counted * 1_000) / spanMs(way), 0);
  return Math.round(perSecond * 100) / 100;
}

function spanMs({ keep, held, oldestMs }: KeptEnds): number {
  const windowMs = endsWindowMs(keep);
  return held < keep.count ? windowMs : Math.max(1, Math.min(windowMs, oldestMs));
}
