import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DrainLimits } from './drain-limits.ts';

describe('the time limit of a drain', () => {
  const left = { ready: 1, active: 1, delayed: 0, waiters: 0 };
  const job = { job: 'email.send', id: 'a', attempt: 1 };
  const started = job as Parameters<DrainLimits['noteStarted']>[0];

  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => vi.useRealTimers());

  it('counts anew whenever an attempt starts or ends', () => {
    const limits = new DrainLimits('drain of queue emails', { timeoutMs: 1_000 });
    for (let n = 0; n < 5; n += 1) {
      vi.advanceTimersByTime(900);
      limits.noteStarted(started);
      vi.advanceTimersByTime(900);
      limits.noteEnded('completed', job);
      limits.check(left);
    }
    expect(limits.summary).toMatchObject({ runs: 5, completed: 5 });
  });

  it('ends a drain in which one hangs, and names it', () => {
    const limits = new DrainLimits('drain of queue emails', { timeoutMs: 1_000 });
    limits.noteStarted(started);
    vi.advanceTimersByTime(1_000);
    limits.check(left);
    vi.advanceTimersByTime(1);
    expect(() => limits.check(left)).toThrow(
      'drain of queue emails made no progress for 1,000 ms (1 waiting, 1 active, 0 delayed, 0 puts waiting for capacity). ' +
        'Running: email.send a attempt 1 for 1001 ms.',
    );
  });
});
