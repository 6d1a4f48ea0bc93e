import fc from 'fast-check';
import { QueueKeys } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { callerId, generateId, partsOfJobKey, storedId } from './queue-keys.ts';

const wellFormed = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((id) => id.isWellFormed());

describe('storedId', () => {
  it('keeps every id apart from every other and gives it back', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(callerId(storedId(a))).toBe(a);
        expect(storedId(a) === storedId(b)).toBe(a === b);
      }),
    );
  });

  it('is never a key of BullMQ, a number, or anything with a colon', () => {
    const keys = Object.keys(new QueueKeys('bull').getKeys('q')).filter((name) => name !== '');
    for (const id of [...keys, 'repeat:x:1', '42', '0', 'sluice:reply:x', 'a:b:c']) {
      expect(storedId(id)).toMatch(/^k\.[A-Za-z0-9._~%-]+$/);
    }
  });

  it('stores an id that was generated as it is, so that a receipt leads back to its job', () => {
    const id = generateId();
    expect(storedId(id)).toBe(id);
    expect(callerId(id)).toBe(id);
  });
  it('leaves alone what a foreign client wrote and only looks like ours', () => {
    expect(callerId('k.50%')).toBe('k.50%');
    expect(callerId('17')).toBe('17');
  });
});

describe('generateId', () => {
  it('gives 20 letters and digits that start with a letter', () => {
    for (let i = 0; i < 1_000; i += 1) expect(generateId()).toMatch(/^[A-Za-z][0-9A-Za-z]{19}$/);
  });

  it('gives another one each time', () => {
    expect(new Set(Array.from({ length: 10_000 }, generateId)).size).toBe(10_000);
  });
});

it.each([
  ['bull:{emails}:k.a%20b', 'bull', { queue: 'emails', id: 'a b' }],
  ['bull:emails:17', 'bull', { queue: 'emails', id: '17' }],
  ['bull:{emails}:repeat:tock:1000', 'bull', { queue: 'emails', id: 'repeat:tock:1000' }],
  ['a:b:{emails}:repeat:tock:1000', 'a:b', { queue: 'emails', id: 'repeat:tock:1000' }],
  ['other:{emails}:17', 'a:b', { queue: 'emails', id: '17' }],
])('the key %s, where queues have the prefix %s, says which job of which queue it is', (key, prefix, parts) => {
  expect(partsOfJobKey(key, prefix)).toEqual(parts);
});
