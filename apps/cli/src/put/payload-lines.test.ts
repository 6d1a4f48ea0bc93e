import { describe, expect, it } from 'vitest';
import { PAYLOAD_LINE_MAX_BYTES, payloadLines, type PayloadLine } from './payload-lines.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<PayloadLine[]> {
  async function* source(): AsyncGenerator<string | Buffer> {
    yield* chunks;
  }
  const lines: PayloadLine[] = [];
  for await (const line of payloadLines(source())) lines.push(line);
  return lines;
}

describe('payloadLines', () => {
  it('counts blank lines and leaves them out', async () => {
    expect(await linesOf('{"a":1}\r\n\n \n2\n')).toEqual([
      { line: 1, text: '{"a":1}', flaw: null },
      { line: 4, text: '2', flaw: null },
    ]);
  });

  it('puts lines together from any chunks, and takes a last line without an end', async () => {
    const bytes = Buffer.from('\ufeff"grün"\n"日本"');
    const single = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await linesOf(...single)).toEqual([
      { line: 1, text: '"grün"', flaw: null },
      { line: 2, text: '"日本"', flaw: null },
    ]);
  });

  it('names a line that is no UTF-8 or too long, and goes on behind it', async () => {
    const long = 'x'.repeat(PAYLOAD_LINE_MAX_BYTES + 1);
    expect(await linesOf(Buffer.from([0xff, 0x0a]), long, long, '\n3\n')).toEqual([
      { line: 1, text: null, flaw: 'not-utf8' },
      { line: 2, text: null, flaw: 'too-long' },
      { line: 3, text: '3', flaw: null },
    ]);
  });
});
