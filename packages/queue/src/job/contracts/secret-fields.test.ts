import { describe, expect, test } from 'vitest';
import {
  hiddenAt,
  hideSecretFields,
  hideSecretsInJson,
  isSecretField,
  readSecretFields,
  secretFieldsRule,
  secretsInJson,
} from './secret-fields.ts';

describe('the secret fields of a payload', () => {
  test.for<[unknown, string[], unknown]>([
    [
      { card: { number: '4111', holder: 'A' }, n: 1 },
      ['card.number'],
      { card: { number: '[hidden]', holder: 'A' }, n: 1 },
    ],
    [{ cards: [{ n: 1, k: 2 }, { n: 3 }] }, ['cards.*.n'], { cards: [{ n: '[hidden]', k: 2 }, { n: '[hidden]' }] }],
    [{ tokens: { a: 'x', b: 'y' } }, ['tokens.*'], { tokens: { a: '[hidden]', b: '[hidden]' } }],
    [{ list: ['a', 'b'] }, ['list.1'], { list: ['a', '[hidden]'] }],
    [{ card: { number: '4111' } }, ['card'], { card: '[hidden]' }],
    [{ card: 'none' }, ['card.number', 'other'], { card: 'none' }],
    ['a text', ['card'], 'a text'],
    [null, ['card'], null],
  ])('are hidden in %o by %o', ([payload, paths, shown]) => {
    const before = structuredClone(payload);
    expect(hideSecretFields(payload, paths)).toEqual(shown);
    expect(payload).toEqual(before);
  });

  test('are hidden in a text whose numbers keep their digits', () => {
    const json = '{"n":9007199254740993,"card":{"number":0.1234567890123456789},"__proto__":1e400}';
    const hidden = '{"n":9007199254740993,"card":{"number":"[hidden]"},"__proto__":1e400}';
    expect(hideSecretsInJson(json, ['card.number', 'n.deep'])).toBe(hidden);
    expect(hideSecretsInJson('{', ['card'])).toBe('{');
  });

  test('are found where what is shown was sent back', () => {
    expect(hiddenAt({ cards: [{ n: '1' }, { n: '[hidden]' }] }, ['cards.*.n'])).toBe('cards.*.n');
    expect(hiddenAt({ cards: [{ n: '1' }], note: '[hidden]' }, ['cards.*.n', 'note.text'])).toBeUndefined();
  });

  test.for<[string, boolean]>([
    ['card.number', true],
    ['card.number.first', true],
    ['cards.0.n', true],
    ['cards.0', false],
    ['card', false],
    ['card.holder', false],
  ])('are asked for by %s: %s', ([asked, isSecret]) => {
    expect(isSecretField(asked, ['card.number', 'cards.*.n'])).toBe(isSecret);
  });

  test('are paths, and what else is stored there counts for none', () => {
    for (const wrong of ['card', ['a b'], [''], ['a..b'], ['a"b'], [7], Array.from({ length: 21 }, () => 'a')]) {
      expect(secretFieldsRule.holds(wrong)).toBe(false);
      expect(readSecretFields(wrong)).toEqual([]);
    }
    expect(readSecretFields(['a.*.b'])).toEqual(['a.*.b']);
  });
});

test('secrets are found where they are hidden, each digit as it was', () => {
  const json = '{"n":12345678901234567890,"cards":[{"k":"a","x":1},{"k":"b"}],"t":{"a":null}}';
  expect(secretsInJson(json, ['n', 'cards.*.k', 'cards.0.k', 't.*', 'none'])).toEqual([
    { path: 'n', json: '12345678901234567890' },
    { path: 'cards.0.k', json: '"a"' },
    { path: 'cards.1.k', json: '"b"' },
    { path: 't.a', json: 'null' },
  ]);
  expect(secretsInJson('no json', ['n'])).toEqual([]);
});
