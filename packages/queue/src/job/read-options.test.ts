import { describe, expect, it } from 'vitest';
import { readOptions } from './read-options.ts';

describe('the options of a stored job', () => {
  it('are as they were stored', () => {
    const options = {
      attempts: 3,
      backoff: { type: 'exponential', delay: 5, jitter: 0.5 },
      priority: 2,
      lifo: true,
      sluice: { v: 2, d: 'abc', t: 1_000, e: 1_900_000_000_000 },
    };
    expect(readOptions(JSON.stringify(options))).toEqual(options);
    expect(readOptions('{"backoff":30,"attempts":0}')).toEqual({ backoff: 30, attempts: 0 });
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['no object', '[1]'],
    ['an expiry that is text', '{"sluice":{"e":"soon"}}'],
    ['an expiry beyond every date', '{"sluice":{"e":9000000000000000}}'],
    ['a stamp that is no object', '{"sluice":"x"}'],
    ['a timeout of nothing', '{"sluice":{"t":0}}'],
    ['a timeout that is null', '{"sluice":{"t":null}}'],
    ['half a version', '{"sluice":{"v":1.5}}'],
    ['attempts that are text', '{"attempts":"three"}'],
    ['attempts below none', '{"attempts":-1}'],
    ['a delay that is text', '{"backoff":{"type":"fixed","delay":"soon"}}'],
    ['a jitter above all', '{"backoff":{"type":"fixed","delay":5,"jitter":7}}'],
    ['a backoff below nothing', '{"backoff":-5}'],
  ])('are left out where they cannot be read: %s', (_, json) => {
    const { sluice = {}, ...others } = readOptions(json);
    expect({ ...others, ...sluice }).toEqual({});
  });
});
