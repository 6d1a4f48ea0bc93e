import { describe, expect, it } from 'vitest';
import { median, percentile, spreadOf } from './statistics.ts';

describe('the median', () => {
  it('is the middle one of an odd number of figures, in whatever order they come', () => {
    expect(median([10, 1, 2])).toBe(2);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });

  it('of one figure is that figure', () => expect(median([7])).toBe(7));

  it('is not moved by one figure that went astray', () => {
    expect(median([5, 5, 5, 5, 90_000])).toBe(5);
  });

  it('of nothing is refused', () => expect(() => median([])).toThrow(RangeError));

  it('leaves its figures as they are', () => {
    const figures = [3, 1, 2];
    median(figures);
    expect(figures).toEqual([3, 1, 2]);
  });
});

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of 1 to 100 at %d is %d', (share, expected) => expect(percentile(hundred, share)).toBe(expected));

  it('at 99 % of few figures is the largest: it never hides the worst', () => {
    expect(percentile([1, 2, 50], 0.99)).toBe(50);
  });

  it('sorts numbers as numbers', () => expect(percentile([10, 9, 100], 0)).toBe(9));
});

it('a spread names the middle and both ends', () => {
  expect(spreadOf([3, 9, 1])).toEqual({ median: 3, lowest: 1, highest: 9 });
});
