import { expect, it } from 'vitest';
import { retryDelayMs } from './line-retry-delay.ts';

it('doubles with each attempt, up to a day, less up to a half by chance', () => {
  expect([1, 2, 3, 30, 999].map((attempts) => retryDelayMs(attempts, () => 0))).toEqual([
    1_000, 2_000, 4_000, 86_400_000, 86_400_000,
  ]);
  expect(retryDelayMs(2, () => 0.5)).toBe(1_500);
});
