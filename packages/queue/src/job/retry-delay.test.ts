import { describe, expect, it } from 'vitest';
import { attemptsOf, backoffOf, retryDelay, unknownDelay } from './retry-delay.ts';
import { scriptedJob } from '../pool/testing/scripted-job.ts';

const { contract } = scriptedJob({ attempts: 4, delayMs: 70 });

describe('retryDelay', () => {
  it('is the same each time when fixed', () => {
    const backoff = { type: 'fixed', delayMs: 100, jitter: 0 } as const;
    expect([1, 2, 3].map((failed) => retryDelay(backoff, failed, () => 0.5))).toEqual([100, 100, 100]);
  });

  it('doubles when exponential, from the given delay', () => {
    const backoff = { type: 'exponential', delayMs: 100, jitter: 0 } as const;
    expect([1, 2, 3, 4].map((failed) => retryDelay(backoff, failed, () => 0.5))).toEqual([100, 200, 400, 800]);
  });

  it('takes its random share off the full delay, never adds to it', () => {
    const backoff = { type: 'fixed', delayMs: 1_000, jitter: 0.5 } as const;
    expect([0, 0.5, 0.999].map((random) => retryDelay(backoff, 1, () => random))).toEqual([500, 750, 999]);
  });

  it('ends at a day, also after a thousand attempts', () => {
    const backoff = { type: 'exponential', delayMs: 1_000, jitter: 0 } as const;
    expect(retryDelay(backoff, 1_000, () => 0)).toBe(86_400_000);
  });
});

describe("a job's own retry policy", () => {
  it('comes before that of its contract', () => {
    expect(attemptsOf({ attempts: 9 }, contract)).toBe(9);
    const own = backoffOf({ backoff: { type: 'exponential', delay: 5, jitter: 0.1 } }, contract);
    expect(own).toEqual({ type: 'exponential', delayMs: 5, jitter: 0.1 });
    expect(backoffOf({ backoff: 30 }, contract)).toEqual({ type: 'fixed', delayMs: 30, jitter: 0 });
  });

  it("gives way to the contract's when there is none, or one that only its own client knows", () => {
    expect(attemptsOf({ attempts: 0 }, contract)).toBe(4);
    expect(backoffOf({}, contract)).toEqual(contract.retry.backoff);
    expect(backoffOf({ backoff: { type: 'mine' } }, contract)).toEqual(contract.retry.backoff);
  });
});

describe('unknownDelay', () => {
  it('grows from a second to half a minute', () => {
    expect([-1, 0, 1, 4, 5, 1_000].map((times) => unknownDelay(times, () => 0))).toEqual([
      1_000, 1_000, 2_000, 16_000, 30_000, 30_000,
    ]);
    expect(unknownDelay(50, () => 1)).toBe(22_500);
  });
});
