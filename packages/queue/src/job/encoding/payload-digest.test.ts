import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { payloadDigest } from './payload-digest.ts';

describe('payloadDigest', () => {
  it('is the beginning of the SHA-256 of the JSON with sorted keys', () => {
    const hash = createHash('sha256').update('{"a":[1,{"c":"é","d":null}],"b":true}').digest('hex');
    expect(payloadDigest('{ "b": true, "a": [1, { "d": null, "c": "\\u00e9" }] }')).toBe(hash.slice(0, 16));
  });

  it.each([
    ['the order of elements', '[1,2]', '[2,1]'],
    ['the type of a value', '{"a":1}', '{"a":"1"}'],
    ['where a key stands', '{"a":{"b":1}}', '{"b":{"a":1}}'],
    ['null from nothing', '{"a":null}', '{}'],
    ['a key named __proto__', '{"__proto__":1}', '{"__proto__":2}'],
    ['a zero from a negative one', '[0]', '[-0]'],
    ['numbers that a double cannot hold', '[9007199254740993]', '[9007199254740992]'],
    ['small numbers that a double cannot hold', '{"a":1e-999}', '{"a":0}'],
    ['long decimals', '[0.1234567890123456789]', '[0.1234567890123456788]'],
    ['a number from a string of it', '[9007199254740993]', '["9007199254740993"]'],
    ['a key that looks like an index', '{"10":1,"9":2}', '{"10":2,"9":1}'],
  ])('tells %s', (_, one, other) => {
    expect(payloadDigest(one)).not.toBe(payloadDigest(other));
  });

  it('does not mind how a number is written', () => {
    expect(payloadDigest('[1.10,100,1e-7]')).toBe(payloadDigest('[1.1,1e2,0.0000001]'));
    expect(payloadDigest('[123456789012345678901]')).toBe(payloadDigest('[1.23456789012345678901e20]'));
  });

  it('does not mind the order of keys, at any depth', () => {
    expect(payloadDigest('{"10":1,"9":{"y":1,"x":2}}')).toBe(payloadDigest('{"9":{"x":2,"y":1},"10":1}'));
  });
});
