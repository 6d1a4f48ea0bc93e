import { expect, it } from 'vitest';
import { retryDelayMs, type RetryWait, RetryWaits } from './retry-waits.ts';

const waitOf = (line: number, dueMs: number, host = 'a'): RetryWait => ({
  line: { line, url: '', shownUrl: '', host },
  dueMs,
  keepsPlace: false,
});

it('gives lines in the order in which they are due, then in the order in which they came', () => {
  const waits = new RetryWaits();
  const times = [50, 10, 30, 10, 40, 20, 10, 50];
  times.forEach((dueMs, line) => waits.add(waitOf(line, dueMs)));
  expect([waits.size, waits.nextDueMs]).toEqual([8, 10]);
  expect(waits.takeDue(9)).toBeUndefined();
  const taken = [];
  for (let wait = waits.takeDue(100); wait; wait = waits.takeDue(100)) taken.push(wait.line.line);
  expect(taken).toEqual([1, 3, 6, 5, 2, 4, 0, 7]);
  expect([waits.size, waits.nextDueMs]).toEqual([0, null]);
});

it('takes out the lines of one host', () => {
  const waits = new RetryWaits();
  ['a', 'b', 'a', 'c'].forEach((host, line) => waits.add(waitOf(line, line, host)));
  expect(
    waits
      .dropHost('a')
      .map(({ line }) => line.line)
      .toSorted(),
  ).toEqual([0, 2]);
  expect(waits.dropHost('d')).toEqual([]);
  expect([waits.takeDue(9)?.line.line, waits.takeDue(9)?.line.line, waits.size]).toEqual([1, 3, 0]);
});

it('doubles with each attempt, up to a day, less up to a half by chance', () => {
  expect([1, 2, 3, 30, 999].map((attempts) => retryDelayMs(attempts, () => 0))).toEqual([
    1_000, 2_000, 4_000, 86_400_000, 86_400_000,
  ]);
  expect(retryDelayMs(2, () => 0.5)).toBe(1_500);
});
