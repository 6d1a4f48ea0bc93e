import { expect, it } from 'vitest';
import { shownAge, shownRate, shownTime } from './shown-values.ts';

it.each([
  [null, '-'],
  [0, '0ms'],
  [999, '999ms'],
  [4_250, '4.2s'],
  [59_999, '59.9s'],
  [190_000, '3m 10s'],
  [7_500_000, '2h 5m'],
  [356_400_000, '4d 3h'],
])('shows an age of %s ms as %s', (ms, text) => expect(shownAge(ms)).toBe(text));

it.each([
  [null, '-'],
  [0, '0/s'],
  [12.34, '12.3/s'],
  [1_234.5, '1,235/s'],
])('shows a rate of %s as %s', (rate, text) => expect(shownRate(rate)).toBe(text));

it.each([
  [null, '-'],
  [1e20, '-'],
  [1_700_000_000_123, '2023-11-14T22:13:20Z'],
])('shows the time %s as %s', (ms, text) => expect(shownTime(ms)).toBe(text));
