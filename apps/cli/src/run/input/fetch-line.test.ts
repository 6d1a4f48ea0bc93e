import { describe, expect, it } from 'vitest';
import { parseLine } from './fetch-line.ts';
import { LINE_MAX_BYTES } from './input-lines.ts';

const parse = (text: string): ReturnType<typeof parseLine> => parseLine({ line: 7, text, flaw: null });

describe('parseLine', () => {
  it('takes http and https URLs as they are written', () => {
    expect(parse('HTTP://Example.com/A?b#c')).toEqual({
      line: 7,
      url: 'HTTP://Example.com/A?b#c',
      shownUrl: 'HTTP://Example.com/A?b#c',
      host: 'example.com:80',
    });
  });

  it('takes the same name on another port for another host', () => {
    expect(parse('https://a/')).toMatchObject({ host: 'a:443' });
    expect(parse('https://a:443/')).toMatchObject({ host: 'a:443' });
    expect(parse('http://a:8080/')).toMatchObject({ host: 'a:8080' });
    expect(parse('http://[::1]/')).toMatchObject({ host: '[::1]:80' });
  });

  it('shows a URL without its credentials and fetches it with them', () => {
    const line = parse('https://me:s3cret@example.com/x@y');
    expect(line).toMatchObject({ url: 'https://me:s3cret@example.com/x@y', shownUrl: 'https://example.com/x@y' });
  });

  it.each(['http://a/b\tTitle', 'http://a/b\t\t', 'http://a/b \t a note, http://c/', 'http://me:pw@a/b\tme:pw@'])(
    'takes what follows a tab for a note: %j',
    (text) => expect(parse(text)).toMatchObject({ url: text.split(/[ \t]/)[0], shownUrl: 'http://a/b' }),
  );

  it.each([
    ['http://a/b http://c/', 11],
    ['http://a/b, http://c/', 12],
    ['http://a/my file.pdf\tnote', 12],
    ['http://a /', 9],
    ['http://a/\u00a0b', 10],
    ['http://a/\u2028b', 10],
    ['http://a/\u000bb', 10],
  ])('fetches no part of %j, and nothing else either: it has a blank', (text, column) => {
    expect(parse(text)).toMatchObject({ message: expect.stringContaining(`a blank in column ${column}: `) as string });
    const indented = parseLine({ line: 7, text, indent: 2, flaw: null });
    expect(indented).toMatchObject({ message: expect.stringContaining(`column ${column + 2}: `) as string });
  });

  it.each(['http://a/\0b', 'http://a/\u007f', 'http://a/\u0085b', 'http://a/b\u0001'])(
    'refuses the control character in %j',
    (text) => {
      expect(parse(text)).toMatchObject({
        message: expect.stringMatching(/^a control character in column 1[01]$/) as string,
      });
    },
  );

  it.each(['ftp://example.com/', 'example.com', '/path', 'http://', 'http://a:99999/', 'javascript:1', 'nonsense'])(
    'refuses %s with its line number',
    (text) => expect(parse(text)).toMatchObject({ line: 7, message: expect.any(String) as string }),
  );

  it.each([
    ['ftp://me:s3cret@example.com/', 'ftp://example.com/'],
    ['http://me:s3/cr?et@host:1:2/', 'http://host:1:2/'],
    ['me:s3cret@example.com/', 'example.com/'],
  ])('shows nothing of a password in %s, which is no URL', (text, shown) => {
    expect(parse(text)).toMatchObject({ shownUrl: shown });
    expect(JSON.stringify(parse(text))).not.toContain('s3');
  });

  it('repeats only the start of a line that is too long', () => {
    const line = parseLine({ line: 1, text: 'http://a/'.padEnd(LINE_MAX_BYTES, 'x'), flaw: 'too-long' });
    expect(line.shownUrl).toHaveLength(257);
    expect(line).toMatchObject({ message: 'the line is longer than 8192 bytes' });
  });
});
