import { expect, test } from 'vitest';
import { slotState } from './slot-state.ts';

test.for([
  [0, 'early', 'for 0 ms of 10 s'],
  [5_000, 'half', 'for 5.0 s of 10 s'],
  [8_000, 'late', 'for 8.0 s of 10 s'],
  [12_000, 'past', 'for 12 s of 10 s: past its first deadline'],
] as const)('a slot after %i ms of a deadline of 10 s is %s', ([elapsedMs, level, text]) => {
  expect(slotState({ startedAt: 1_000, timeoutMs: 10_000 }, 1_000 + elapsedMs)).toMatchObject({ level, text });
});

test('a slot whose deadline is not known has no share of it', () => {
  expect(slotState({ startedAt: 0, timeoutMs: null }, 3_000)).toEqual({
    level: 'unknown',
    share: null,
    text: 'for 3.0 s, its deadline is not known',
  });
});
