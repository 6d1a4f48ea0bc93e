import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after-header.ts';

const now = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT');

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
    ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
  ])('reads %j as %i ms', (header, ms) => {
    expect(parseRetryAfter(header, now)).toBe(ms);
  });

  it.each([null, '', 'soon', '-1', '1.5', '1e3', '99999999999999', 'Sun, 99 Foo', '2 apples'])(
    'makes nothing of %j',
    (header) => {
      expect(parseRetryAfter(header, now)).toBeNull();
    },
  );
});
