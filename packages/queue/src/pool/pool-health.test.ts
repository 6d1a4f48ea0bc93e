import { describe, expect, it } from 'vitest';
import { isLive, type Progress } from './pool-health.ts';

const well: Progress = { slots: 4, abandoned: 0, sinceTurnMs: 0, leaseOverdueMs: 0, redis: 'up' };

describe('a pool is live', () => {
  it.each<[string, Partial<Progress>, boolean]>([
    ['while all goes well', {}, true],
    ['while the fetch loop turns', { sinceTurnMs: 20_000 }, true],
    ['not when the fetch loop does not turn', { sinceTurnMs: 20_001 }, false],
    ['not when leases are not renewed though Redis answers', { leaseOverdueMs: 20_001 }, false],
    ['while leases cannot be renewed because Redis is away', { leaseOverdueMs: 60_000, redis: 'away' }, true],
    ['while few handlers were given up', { abandoned: 9 }, true],
    ['not when too many were', { abandoned: 10 }, false],
    ['by the number of its slots', { abandoned: 10, slots: 100 }, true],
  ])('%s', (_, progress, live) => {
    expect(isLive({ ...well, ...progress })).toBe(live);
  });
});
