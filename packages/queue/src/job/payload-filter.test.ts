import { describe, expect, test } from 'vitest';
import { JsonText } from './encoding/json-text.ts';
import { payloadFieldsRule, payloadMatcher } from './payload-filter.ts';

describe('a filter by fields of the payload', () => {
  test.for([
    [{ to: 'a@example.com' }, '{"to":"a@example.com"}', true],
    [{ to: 'a@example.com' }, '{"to":"A@example.com"}', false],
    [{ 'to.domain': 'x' }, '{"to":{"domain":"x"}}', true],
    [{ 'to.domain': 'x' }, '{"to.domain":"x"}', true],
    [{ 'a.b.c': 1 }, '{"a.b":{"c":1}}', true],
    [{ 'lines.1.sku': 'b' }, '{"lines":[{"sku":"a"},{"sku":"b"}]}', true],
    [{ 'lines.length': 2 }, '{"lines":["a","b"]}', false],
    [{ n: 5 }, '{"n":"5"}', false],
    [{ n: [5, '5'] }, '{"n":"5"}', true],
    [{ n: 5 }, '{"n":5.0}', true],
    [{ n: 9_007_199_254_740_992n }, '{"n":9007199254740993}', false],
    [{ n: 9_007_199_254_740_993n }, '{"n":9007199254740993}', true],
    [{ n: new JsonText('0.10000000000000000001') }, '{"n":0.10000000000000000001}', true],
    [{ n: 0.1 }, '{"n":0.10000000000000000001}', false],
    [{ n: null }, '{"n":null}', true],
    [{ n: null }, '{}', false],
    [{ toString: 'x' }, '{}', false],
    [{ on: true }, '{"on":true}', true],
    [{ on: true }, '{"on":"true"}', false],
    [{ a: 1, b: 2 }, '{"a":1,"b":3}', false],
    [{ a: 1 }, '5', false],
    [{ a: 1 }, 'no json', false],
  ] as const)('%o in %s: %s', ([fields, json, isMatch]) => {
    expect(payloadMatcher(fields)(json)).toBe(isMatch);
  });

  test.for([
    [{}, false],
    [{ '': 1 }, false],
    [{ a: [] }, false],
    [{ a: { b: 1 } }, false],
    [{ a: Number.NaN }, false],
    [{ a: new JsonText('[1]') }, false],
    [{ a: 'x'.repeat(1_001) }, false],
    [Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`f${n}`, n])), false],
    [{ a: [1, 'x', null, true, 5n] }, true],
  ] as const)('takes %o: %s', ([fields, isTaken]) => {
    expect(payloadFieldsRule.holds(fields)).toBe(isTaken);
  });
});
