import { describe, expect, it } from 'vitest';
import { prettyJson } from './pretty-json.ts';

describe('JSON for people', () => {
  it('has lines, and each digit as it was', () => {
    expect(prettyJson('{"id":9007199254740993,"n":1.10,"list":[1,{"a":"x, {y}: \\"z\\""}],"none":[],"no":{}}')).toBe(
      [
        '{',
        '  "id": 9007199254740993,',
        '  "n": 1.10,',
        '  "list": [',
        '    1,',
        '    {',
        '      "a": "x, {y}: \\"z\\""',
        '    }',
        '  ],',
        '  "none": [],',
        '  "no": {}',
        '}',
      ].join('\n'),
    );
    expect(prettyJson('17')).toBe('17');
  });

  it('is what it was where it is no JSON', () => {
    expect(prettyJson('{ broken')).toBe('{ broken');
  });

  it('takes time in proportion to its length', () => {
    const long = `[${'[],'.repeat(50_000)}1]`;
    expect(JSON.parse(prettyJson(long))).toEqual(JSON.parse(long));
  });
});
