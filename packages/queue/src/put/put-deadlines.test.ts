import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PendingPut } from './pending-put.ts';
import { PutDeadlines } from './put-deadlines.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(): { deadlines: PutDeadlines; overdue: PendingPut[]; arrive: () => PendingPut; answer: () => void } {
  let answeredAtMs = -Infinity;
  const overdue: PendingPut[] = [];
  const deadlines = new PutDeadlines({
    unavailableMs: 5_000,
    answeredAtMs: () => answeredAtMs,
    onOverdue: (put) => overdue.push(put),
  });
  const arrive = (): PendingPut => {
    const put = { since: performance.now() } as PendingPut;
    deadlines.add(put);
    return put;
  };
  const answer = (): void => void (answeredAtMs = performance.now());
  return { deadlines, overdue, arrive, answer };
}

it('ends each put by its own arrival', () => {
  const { overdue, arrive } = watch();
  const first = arrive();
  vi.advanceTimersByTime(3_000);
  const second = arrive();
  vi.advanceTimersByTime(2_100);
  expect(overdue).toEqual([first]);
  vi.advanceTimersByTime(3_000);
  expect(overdue).toEqual([first, second]);
});

it('leaves those alone that have ended', () => {
  const { deadlines, overdue, arrive } = watch();
  const ended = arrive();
  const waits = arrive();
  deadlines.remove(ended);
  vi.advanceTimersByTime(5_100);
  expect(overdue).toEqual([waits]);
});

it('counts from the last answer: a Redis that is slow but answers is not away', () => {
  const { overdue, arrive, answer } = watch();
  const put = arrive();
  vi.advanceTimersByTime(4_000);
  answer();
  vi.advanceTimersByTime(4_900);
  expect(overdue).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(overdue).toEqual([put]);
});

it('keeps no timer once no put is left', () => {
  const { deadlines, arrive } = watch();
  deadlines.remove(arrive());
  vi.advanceTimersByTime(5_100);
  expect(vi.getTimerCount()).toBe(0);
});
