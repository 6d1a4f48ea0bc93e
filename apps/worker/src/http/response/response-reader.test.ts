import { describe, expect, it } from 'vitest';
import { FetchError } from '../errors/fetch-error.ts';
import { ResponseReader } from './response-reader.ts';

const HEADERS_MAX_BYTES = 4_096;
const OK = 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok';

/** What a client gets of an answer that arrives in pieces of this size. */
function read(answer: string, pieceBytes = answer.length): string {
  const reader = new ResponseReader(HEADERS_MAX_BYTES);
  reader.expectAnswer();
  const bytes = Buffer.from(answer, 'latin1');
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) out.push(...reader.read(bytes.subarray(at, at + pieceBytes)));
  return Buffer.concat(out).toString('latin1');
}

function failureOf(answer: string): string {
  try {
    return read(answer);
  } catch (error) {
    return error instanceof FetchError ? error.failure : String(error);
  }
}

const answers: [what: string, answer: string, strict: string][] = [
  ['a strict answer', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', OK],
  ['lines that end with LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', OK],
  ['a line that ends with LF among others', 'HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok', OK],
  ['empty lines before it', '\r\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', OK],
  ['small letters and a later version', 'http/1.2  200\r\nContent-Length: 2\r\n\r\nok', OK],
  ['blanks around the colon', 'HTTP/1.1 200 OK\r\nContent-Length \t:\t 2 \r\n\r\nok', OK],
  ['names that are none', 'HTTP/1.1 200 OK\r\nX Bad: 1\r\n: 2\r\nn\xe9: 3\r\nContent-Length: 2\r\n\r\nok', OK],
  ['a fold after the status line', 'HTTP/1.1 200 OK\r\n folded\r\nContent-Length: 2\r\n\r\nok', OK],
  [
    'a folded field',
    'HTTP/1.1 200 OK\r\nX: a\r\n  b\n\tc\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200\r\nx: a b c\r\ncontent-length: 2\r\n\r\nok',
  ],
  [
    'control characters in a value',
    'HTTP/1.1 200 OK\r\nX: a\x01b\rc\0d\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200\r\nx: a b c d\r\ncontent-length: 2\r\n\r\nok',
  ],
  ['equal lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 02, 2\r\n\r\nok', OK],
  ['no length', 'HTTP/1.0 200 OK\r\n\r\nall of it\n\nand more', 'HTTP/1.0 200\r\n\r\nall of it\n\nand more'],
  [
    'a length and chunks: the chunks count, and the connection is not used again',
    'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  ],
  [
    'chunks said twice',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  ],
  [
    'chunks with LF alone, blanks, zeros, extensions and trailers',
    'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n002 \nok\nA;x="y"\r\n0123456789\r\n0\nX: y\r\n\n',
    'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\nc\r\nok0123456789\r\n0\r\n\r\n',
  ],
  [
    'an identity as transfer coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok',
    OK,
  ],
  [
    'a compression as transfer coding: it is undone after those of the content',
    'HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200\r\ncontent-encoding: br\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a length for a status without body',
    'HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n',
    'HTTP/1.1 304\r\nconnection: close\r\n\r\n',
  ],
  [
    'interim answers before it',
    `HTTP/1.1 100 Continue\r\nServer: x\r\n\r\nHTTP/1.1 103\n\nHTTP/1.1 199\r\n\r\n${OK}`,
    OK,
  ],
];

describe('ResponseReader', () => {
  it.each(answers)('takes %s', (_what, answer, strict) => {
    expect(read(answer)).toBe(strict);
  });

  it.each(answers)('takes byte by byte %s', (_what, answer, strict) => {
    const [head, body = ''] = split(read(answer, 1));
    const [wantedHead, wantedBody = ''] = split(strict);
    expect(head).toBe(wantedHead);
    expect(isChunked(strict) ? dataOf(body) : body).toBe(isChunked(strict) ? dataOf(wantedBody) : wantedBody);
  });

  it('reads one answer after the other', () => {
    const reader = new ResponseReader(HEADERS_MAX_BYTES);
    for (let answer = 0; answer < 3; answer += 1) {
      reader.expectAnswer();
      expect(Buffer.concat(reader.read(Buffer.from(OK))).toString()).toBe(OK);
    }
  });

  it('passes on what comes when no answer is due, so that it is not taken for the next answer', () => {
    const reader = new ResponseReader(HEADERS_MAX_BYTES);
    expect(reader.read(Buffer.from('HTTP')).map(String)).toEqual(['HTTP']);
    reader.expectAnswer();
    expect(
      reader
        .read(Buffer.from(`${OK}HTTP/1.1`))
        .at(-1)
        ?.toString(),
    ).toBe('HTTP/1.1');
  });

  it.each([
    ['HTTP', 'another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['HTTP', 'no status line', 'hi'],
    ['HTTP', 'another major version', 'HTTP/2 200\r\n\r\n'],
    ['HTTP', 'a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['HTTP', 'a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['HTTP', 'a status of 000', 'HTTP/1.1 000 X\r\n\r\n'],
    ['HTTP', 'a status of 099', 'HTTP/1.1 099 X\r\n\r\n'],
    ['HTTP', 'an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['HTTP', 'a line without a colon', 'HTTP/1.1 200 OK\r\njunk\r\n\r\n'],
    ['HTTP', 'lengths that differ', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n'],
    ['HTTP', 'a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['HTTP', 'an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n'],
    ['HTTP', 'chunks below another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
    ['HTTP', 'a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['HTTP', 'a chunk of a size below zero', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok'],
    ['HTTP', 'a chunk that is longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay'],
    ['HTTP', 'an endless size', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}`],
    ['TOO_LARGE', 'a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(1_000)}`],
    ['TOO_LARGE', 'interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)],
    [
      'TOO_LARGE',
      'trailers without end',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'X: y\r\n'.repeat(1_000)}`,
    ],
  ])('says %s for %s', (failure, _what, answer) => {
    expect(failureOf(answer)).toBe(failure);
  });
});

function split(answer: string): string[] {
  const end = answer.indexOf('\r\n\r\n');
  return [answer.slice(0, end), answer.slice(end + 4)];
}

function isChunked(strict: string): boolean {
  return strict.includes('transfer-encoding: chunked');
}

/** What strict chunks hold, and a mark for their end: data that comes in pieces is passed on in pieces. */
function dataOf(chunks: string): string {
  return chunks.replace(/0\r\n\r\n$/, '<end>').replace(/[0-9a-f]+\r\n(.*?)\r\n/gs, '$1');
}
