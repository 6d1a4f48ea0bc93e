import { describe, expect, it, vi } from 'vitest';
import type { PoolEvents } from '../attempt/pool-events.ts';
import type { PoolLoad } from '../store/pools/pool-description.ts';
import { LoadReporter } from './load-reporter.ts';

describe('the load of a pool', () => {
  it('is reported when it has changed, and not after the pool has stopped', () => {
    vi.useFakeTimers();
    try {
      const now = { abandoned: 0, loopLagMs: 3 };
      const reported: PoolLoad[] = [];
      let reacquired: (event: PoolEvents['reacquired']) => void = () => undefined;
      const on = (_event: unknown, listener: unknown) => {
        reacquired = listener as typeof reacquired;
        return () => undefined;
      };
      const reporter = new LoadReporter({ read: () => now, events: { on }, report: (load) => reported.push(load) });
      reporter.start();
      vi.advanceTimersByTime(6_000);
      now.loopLagMs = 49;
      vi.advanceTimersByTime(6_000);
      expect(reported).toEqual([{ abandoned: 0, lateRenewals: 0, loopLagMs: 0 }]);
      now.loopLagMs = 1_234;
      now.abandoned = 2;
      reacquired({ count: 3 });
      vi.advanceTimersByTime(2_000);
      expect(reported.at(-1)).toEqual({ abandoned: 2, lateRenewals: 3, loopLagMs: 1_200 });
      reporter.stop();
      now.abandoned = 9;
      vi.advanceTimersByTime(6_000);
      expect(reported).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
