import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exactDecimal } from './exact-decimal.ts';
import { asStringifiable, findInexactNumbers, writeJson } from './exact-json.ts';

const rounded = 'is a number that would be rounded; send it as a string';

describe('findInexactNumbers', () => {
  it.each([
    ['beyond 2^53', '9007199254740993'],
    ['beyond -(2^53)', '-9007199254740993'],
    ['of many digits', '174322306148984899'],
    ['with more decimals than a double has', '0.1234567890123456789'],
    ['too large', '1e999'],
    ['too small', '1e-999'],
    ['too small and negative', '-1E-400'],
    ['with an exponent that hides its digits', '90071992547409930e-1'],
  ])('finds a number %s, with its path', (_, number) => {
    expect(findInexactNumbers(number)).toEqual([{ path: [], message: rounded }]);
    expect(findInexactNumbers(`{"a":{"":[1,${number},2]}}`)).toEqual([{ path: ['a', '', 1], message: rounded }]);
  });

  it.each([
    '9007199254740991',
    '9007199254740992',
    '1.10',
    '0.1',
    '1e2',
    '100000000000000000000000',
    '-0',
    '1.7976931348623157e308',
  ])('has nothing to say of %s', (number) => {
    expect(findInexactNumbers(`{"n":[${number}]}`)).toEqual([]);
  });

  it('is not misled by digits in a string or in a key', () => {
    expect(findInexactNumbers('{"9007199254740993":"9007199254740993","e":"1e999"}')).toEqual([]);
  });

  it('finds all of them, in the order of the text, but no more than 20', () => {
    const text = '{"b":1e999,"__proto__":{"x":1e999},"a":[1e-999]}';
    expect(findInexactNumbers(text).map(({ path }) => path)).toEqual([['b'], ['__proto__', 'x'], ['a', 0]]);
    expect(findInexactNumbers(`[${'1e999,'.repeat(50)}0]`)).toHaveLength(20);
  });

  it('takes every number that JSON.stringify writes', () => {
    const numbers = Array.from({ length: 2_000 }, () => randomBytes(8).readDoubleLE()).filter(Number.isFinite);
    expect(findInexactNumbers(JSON.stringify(numbers))).toEqual([]);
  });
});

describe('exactDecimal', () => {
  it('is the same for the same number, and another for another', () => {
    expect(['1.10', '1.1', '11e-1', '0.11E+1'].map(exactDecimal)).toEqual(['11e-1', '11e-1', '11e-1', '11e-1']);
    expect(['0', '0.00', '0e5', '-0'].map(exactDecimal)).toEqual(['0', '0', '0', '-0']);
    expect(exactDecimal('9007199254740993')).not.toBe(exactDecimal('9007199254740992'));
  });
});

describe('writeJson', () => {
  it('keeps the sign of a zero', () => {
    const json = writeJson({ a: -0, b: [0, -0], c: '-0' });
    expect(json).toBe('{"a":-0,"b":[0,-0],"c":"-0"}');
    expect(JSON.parse(json)).toStrictEqual({ a: -0, b: [0, -0], c: '-0' });
  });

  it('is what others write of what asStringifiable makes of it', () => {
    for (const json of ['{"a":-0,"b":[0,-0.5,-0]}', '{"a":[1,"-0"]}', '-0', 'null']) {
      expect(JSON.stringify(asStringifiable(json))).toBe(json);
    }
  });
});
