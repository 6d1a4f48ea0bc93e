import { describe, expect, it } from 'vitest';
import { idempotencyKeyOf, waitSecondsOf } from './put-headers.ts';
import { HeaderInvalidError } from '../problems/request-errors.ts';

describe('Idempotency-Key', () => {
  it('is not there without the header', () => {
    expect(idempotencyKeyOf(undefined)).toBeUndefined();
  });

  it.each([
    ['order-17', 'order-17'],
    ['"order-17"', 'order-17'],
    ['"a, b"', 'a, b'],
    [String.raw`"say \"hi\" \\ bye"`, String.raw`say "hi" \ bye`],
  ])('reads %s', (header, key) => {
    expect(idempotencyKeyOf(header)).toBe(key);
  });

  it.each(['', '   ', '""', '"open', 'a, b', '"a", "b"', 'zwölf', String.raw`"bad \n escape"`])(
    'refuses %j',
    (header) => {
      expect(() => idempotencyKeyOf(header)).toThrow(HeaderInvalidError);
    },
  );

  it('refuses two headers', () => {
    expect(() => idempotencyKeyOf(['a', 'b'])).toThrow(HeaderInvalidError);
  });
});

describe('Prefer: wait', () => {
  it.each([
    ['wait=10', 10],
    ['wait=0', 0],
    ['respond-async, wait=5', 5],
    ['Wait = "7"; strict', 7],
    ['wait=9999999999', 9_999_999_999],
  ])('reads %s as %i seconds', (header, seconds) => {
    expect(waitSecondsOf(header)).toBe(seconds);
  });

  it.each([undefined, '', 'wait', 'wait=', 'wait=soon', 'wait=-1', 'wait=1.5', 'await=3'])(
    'ignores %s, as RFC 7240 asks for what is not understood',
    (header) => {
      expect(waitSecondsOf(header)).toBeUndefined();
    },
  );

  it('reads a number of any length, which the service then cuts', () => {
    expect(waitSecondsOf(`wait=${'9'.repeat(400)}`)).toBe(Infinity);
  });

  it('reads it from the second of two headers', () => {
    expect(waitSecondsOf(['return=minimal', 'wait=3'])).toBe(3);
  });
});
