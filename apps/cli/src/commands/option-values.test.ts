import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { count, duration } from './option-values.ts';

describe('count', () => {
  it.each(['1', '64'])('takes %s', (text) => expect(count(1, 64)(text)).toBe(Number(text)));

  it.each(['0', '65', '-1', '1.5', '1e1', '0x10', '', ' ', 'many'])('refuses %j', (text) => {
    expect(() => count(1, 64)(text)).toThrow(InvalidArgumentError);
  });
});

describe('duration', () => {
  it.each([
    ['1500ms', 1_500],
    ['5s', 5_000],
    ['0.5s', 500],
    ['2m', 120_000],
  ])('takes %s', (text, ms) => expect(duration(1, 600_000)(text)).toBe(ms));

  it.each(['5', '0s', '11m', '-1s', 's', 'soon'])('refuses %j', (text) => {
    expect(() => duration(1, 600_000)(text)).toThrow(InvalidArgumentError);
  });
});
