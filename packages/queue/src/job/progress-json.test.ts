import { describe, expect, it } from 'vitest';
import { asStringifiable } from './encoding/exact-json.ts';
import { ProgressInvalidError } from './errors/index.ts';
import { progressAsJson } from './progress-json.ts';

describe('progress', () => {
  it.each([0, 'half', null, { page: 3, of: [1, 2] }, { gone: undefined, page: 1 }])(
    'is stored as it is: %j',
    (value) => {
      expect(JSON.parse(progressAsJson(value))).toEqual(value);
    },
  );

  it('keeps the sign of a zero, also when BullMQ writes it', () => {
    const json = progressAsJson({ n: -0 });
    expect(json).toBe('{"n":-0}');
    expect(JSON.stringify(asStringifiable(json))).toBe(json);
  });

  it.each([
    [undefined, '(root): undefined has no form in JSON'],
    [{ share: NaN }, 'share: NaN becomes null in JSON'],
    [{ at: [new Date(0)] }, 'at[0]: a Date does not survive JSON'],
    [{ count: 1n }, 'count: a bigint has no form in JSON'],
  ])('is refused where JSON would change it, with the place: %o', (value, problem) => {
    expect(() => progressAsJson(value)).toThrow(ProgressInvalidError);
    expect(() => progressAsJson(value)).toThrow(problem);
  });

  it('has at most 4 KiB', () => {
    expect(progressAsJson('x'.repeat(4_094))).toHaveLength(4_096);
    expect(() => progressAsJson('x'.repeat(4_095))).toThrow('progress has 4097 bytes');
    expect(() => progressAsJson('é'.repeat(3_000))).toThrow('progress has 6002 bytes');
  });
});
