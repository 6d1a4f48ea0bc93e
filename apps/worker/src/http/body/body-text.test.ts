import { describe, expect, it } from 'vitest';
import { plainTextOf, textOf } from './body-text.ts';

const sjis = Buffer.from([0x93, 0xfa, 0x96, 0x7b]); // 日本
const cp1251 = Buffer.from([0xcf, 0xf0, 0xe8]); // При
const utf8Bom = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16 = Buffer.from('hé', 'utf16le');

function bytes(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)));
}

describe('the text of a page', () => {
  it.each<[string, string | null, Buffer, string]>([
    ['the charset of a <meta>', 'text/html', bytes('<meta charset=shift_jis>', sjis), '<meta charset=shift_jis>日本'],
    ['that of a page of no type', null, bytes('<meta charset="Shift_JIS">', sjis), '<meta charset="Shift_JIS">日本'],
    [
      'that of a <meta http-equiv>',
      'text/html; foo=bar',
      bytes('<meta http-equiv=content-type content="text/html; charset=windows-1251">', cp1251),
      '<meta http-equiv=content-type content="text/html; charset=windows-1251">При',
    ],
    [
      'that of an XML declaration',
      'application/rss+xml',
      bytes('<?xml version="1.0" encoding="windows-1251"?><a>', cp1251),
      '<?xml version="1.0" encoding="windows-1251"?><a>При',
    ],
    [
      'that of the header before that of the page',
      'text/html; charset=windows-1251',
      bytes('<meta charset=shift_jis>', cp1251),
      '<meta charset=shift_jis>При',
    ],
    ['that of a header in single quotes', "text/html; charset='windows-1251'", cp1251, 'При'],
    ['that of a header with blanks', 'text/plain ; CHARSET = "cp1251"', cp1251, 'При'],
    [
      'that of the page where the header names none that there is',
      'text/html; charset=x-none',
      bytes('<meta charset=shift_jis>', sjis),
      '<meta charset=shift_jis>日本',
    ],
    ['a mark before the header', 'text/html; charset=iso-8859-1', bytes(utf8Bom, 'hé'), 'hé'],
    ['a mark of UTF-16', 'text/plain', bytes(Buffer.from([0xff, 0xfe]), utf16), 'hé'],
    ['a mark of UTF-16, the other way round', 'text/html', bytes(Buffer.from([0xff, 0xfe]), utf16).swap16(), 'hé'],
    ['UTF-16 without a mark', 'text/plain; charset=utf-16', utf16, 'hé'],
    ['windows-1252 for HTML that says nothing and is no UTF-8', 'text/html', Buffer.from([0x80, 0xe9]), '€é'],
    ['windows-1252 for what is called ISO-8859-1', 'text/html; charset=iso-8859-1', Buffer.from([0x80]), '€'],
    ['UTF-8 for HTML that says nothing', 'text/html', Buffer.from('hé'), 'hé'],
    ['UTF-8 for text that says nothing, however broken', 'text/plain', Buffer.from([0x61, 0xff]), 'a\ufffd'],
    [
      'nothing of a <meta> in plain text',
      'text/plain',
      bytes('<meta charset=shift_jis>é'),
      '<meta charset=shift_jis>é',
    ],
    ['one mark for a charset that no browser reads', 'text/html; charset=iso-2022-kr', Buffer.from('abc'), '\ufffd'],
    ['an empty body', 'text/html; charset=iso-2022-kr', Buffer.alloc(0), ''],
  ])('takes %s', (_what, contentType, body, text) => {
    expect(textOf(body, contentType)).toBe(text);
  });
});

it('JSON is not looked into for a charset', () => {
  const json = '"<meta charset=shift_jis>é"';
  expect(plainTextOf(Buffer.from(json), null)).toBe(json);
  expect(plainTextOf(Buffer.from([0x22, 0xe9, 0x22]), 'application/json; charset=latin1')).toBe('"é"');
  expect(plainTextOf(bytes(utf8Bom, '{}'), 'application/json')).toBe('{}');
});
