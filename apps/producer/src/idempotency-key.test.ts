import { describe, expect, it } from 'vitest';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { HeaderInvalidError } from './request-errors.ts';

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
