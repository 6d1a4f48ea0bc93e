import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

/** What comes out of these pieces; `null` of a line that was too long. */
function linesOf(pieces: readonly string[], maxBytes = 10): (string | null)[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = [...pieces.flatMap((piece) => Array.from(splitter.split(Buffer.from(piece)))), ...splitter.end()];
  expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
  return lines.map(({ bytes }) => bytes?.toString() ?? null);
}

describe('lines of a stream', () => {
  it.each<[string[], (string | null)[]]>([
    [[], []],
    [['a\nb'], ['a', 'b']],
    [
      ['a', 'b\n', '\nc\n'],
      ['ab', '', 'c'],
    ],
    [
      ['x'.repeat(11), 'x\nb\n'],
      [null, 'b'],
    ],
    [['x'.repeat(11)], [null]],
    [
      ['xxxxx', 'yyyyy', '\nxxxxxyyyyy'],
      ['xxxxxyyyyy', 'xxxxxyyyyy'],
    ],
  ])('are found in %j', (pieces, lines) => {
    expect(linesOf(pieces)).toEqual(lines);
  });

  it('are the same however the bytes come', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'ü', '\n') }), fc.array(fc.nat(8)), (text, sizes) => {
        const bytes = Buffer.from(text);
        const splitter = new LineSplitter(5);
        const found: (string | null)[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          found.push(
            ...Array.from(splitter.split(bytes.subarray(at, at + size)), (line) => line.bytes?.toString() ?? null),
          );
          at += size;
        }
        found.push(...Array.from(splitter.end(), (line) => line.bytes?.toString() ?? null));
        const expected = text.split('\n').map((line) => (Buffer.byteLength(line) > 5 ? null : line));
        if (expected.at(-1) === '') expected.pop();
        expect(found).toEqual(expected);
      }),
    );
  });

  it('come whole out of a thousand pieces', () => {
    expect(linesOf([...'x'.repeat(1_000), '\n'], 1_000)).toEqual(['x'.repeat(1_000)]);
  });
});
