import { describe, expect, it } from 'vitest';
import { LINE_MAX_BYTES, readInputLines, type InputLine } from './input-lines.ts';

/** Reads bytes that arrive in pieces of `size`. */
async function read(content: string | Buffer, size = 1_000_000): Promise<InputLine[]> {
  const bytes = Buffer.from(content);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: InputLine[] = [];
  for await (const group of readInputLines(pieces())) lines.push(...group);
  return lines;
}

const texts = (lines: InputLine[]): [number, string][] => lines.map(({ line, text }) => [line, text]);

describe('readInputLines', () => {
  it('counts every line and leaves out blank ones and comments', async () => {
    expect(texts(await read('http://a/\n\n# no\n   \n  # neither\n http://b/ \n'))).toEqual([
      [1, 'http://a/'],
      [6, 'http://b/'],
    ]);
  });

  it('takes CRLF, a byte order mark and a last line without an end', async () => {
    expect(texts(await read('\uFEFFhttp://a/\r\nhttp://b/\r\n\r\nhttp://c/'))).toEqual([
      [1, 'http://a/'],
      [2, 'http://b/'],
      [4, 'http://c/'],
    ]);
  });

  it('takes the CR of old Macs for the end of a line, in a list of its own and mixed with LF and CRLF', async () => {
    expect(texts(await read('http://a/\r\rhttp://b/\rhttp://c/\nhttp://d/\r\nhttp://e/\r\r\nhttp://f/\r'))).toEqual([
      [1, 'http://a/'],
      [3, 'http://b/'],
      [4, 'http://c/'],
      [5, 'http://d/'],
      [6, 'http://e/'],
      [8, 'http://f/'],
    ]);
  });

  const list = 'http://ä.example/\r\n# comment\r\n\r\nhttp://b/😀\r\nhttp://c/';
  const littleEndian = Buffer.from(list, 'utf16le');
  it.each([
    ['UTF-16LE with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), littleEndian])],
    ['UTF-16BE with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), littleEndian]).swap16()],
    ['UTF-16LE without a mark', littleEndian],
    ['UTF-16BE without a mark', Buffer.from(littleEndian).swap16()],
  ])('reads a list in %s', async (_encoding, bytes) => {
    for (const size of [1, 3, 1_000]) expect(await read(bytes, size)).toEqual(await read(list));
  });

  it('marks a line that is not UTF-16', async () => {
    const bytes = Buffer.concat([Buffer.from('http://a/', 'utf16le'), Buffer.from([0x00, 0xd8, 0x0a, 0x00, 0x62])]);
    expect(await read(bytes)).toMatchObject([
      { line: 1, flaw: 'not-utf8' },
      { line: 2, flaw: 'not-utf8' },
    ]);
  });

  it.each([[[0xff, 0xfe, 0, 0]], [[0, 0, 0xfe, 0xff]]])('refuses a list in UTF-32 in words', async (mark) => {
    await expect(read(Buffer.from([...mark, 0x68, 0, 0, 0]))).rejects.toThrow('UTF-32');
  });

  it.each(['', 'h', '\n', 'a\nb'])('reads %j, which is shorter than any mark', async (content) => {
    expect((await read(content, 1)).map(({ text }) => text)).toEqual(content.split('\n').filter((text) => text !== ''));
  });

  it.each([1, 2, 3, 7])('gives the same lines when bytes arrive in pieces of %i', async (size) => {
    const content = '\uFEFFhttp://ä.example/ö\r\n#c\r\n\r\nhttp://b/\nhttp://c/\r\r\n\rhttp://d/';
    expect(await read(content, size)).toEqual(await read(content));
  });

  it('marks a line that is not UTF-8', async () => {
    const [first, second] = await read(Buffer.from([0x68, 0xff, 0x0a, 0x69]));
    expect(first).toMatchObject({ line: 1, flaw: 'not-utf8' });
    expect(second).toEqual({ line: 2, text: 'i', flaw: null });
  });

  it.each([1_000_000, 1_000])('cuts a line that is too long, in pieces of %i', async (size) => {
    const longest = 'a'.repeat(LINE_MAX_BYTES);
    const [fits, tooLong, next] = await read(`${longest}\r\n${longest}b\n${'x'.repeat(10)}`, size);
    expect(fits).toEqual({ line: 1, text: longest, flaw: null });
    expect(tooLong).toEqual({ line: 2, text: longest, flaw: 'too-long' });
    expect(next).toMatchObject({ line: 3, flaw: null });
  });

  it('does not take a long first line for too long because of its byte order mark', async () => {
    const longest = 'a'.repeat(LINE_MAX_BYTES);
    expect((await read(`\uFEFF${longest}\r\n`))[0]).toEqual({ line: 1, text: longest, flaw: null });
  });

  it('keeps little of a line without an end, however much of it comes', async () => {
    const piece = Buffer.alloc(1_000, 'a');
    let held = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (let count = 0; count < 100_000; count += 1) yield piece;
      held = process.memoryUsage().arrayBuffers;
    }
    const before = process.memoryUsage().arrayBuffers;
    const lines: InputLine[] = [];
    for await (const group of readInputLines(endless())) lines.push(...group);
    expect(lines).toMatchObject([{ line: 1, flaw: 'too-long' }]);
    expect(held - before).toBeLessThan(10 * 2 ** 20);
  });
});
