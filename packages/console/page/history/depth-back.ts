import type { HistoryPoint } from '@sluice/queue';

/**
 * The depth at the end of each point, counted back from the depth of now: the history has what was put and what ended, not the depth. What was
 * cancelled, purged or replayed, and what plain BullMQ clients did, is not in it, so older values may be off; none is below 0.
 */
export function depthBack(
  points: readonly Pick<HistoryPoint, 'put' | 'completed' | 'dead'>[],
  depthNow: number,
): number[] {
  const depths: number[] = [];
  let depth = depthNow;
  for (const { put, completed, dead } of points.toReversed()) {
    depths.push(Math.max(0, depth));
    depth += completed + dead - put;
  }
  return depths.toReversed();
}
