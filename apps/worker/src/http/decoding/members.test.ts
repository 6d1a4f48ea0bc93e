import { Readable } from 'node:stream';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { adler32, gunzip, inflate } from './inflate.ts';
import { unzstd } from './unzstd.ts';

const TEXT = Buffer.from('hello, world\n'.repeat(500));
const JUNK = Buffer.from('<!-- cached -->\r\n');
const SKIPPED = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
const gz = gzipSync(TEXT);
const zlib = deflateSync(TEXT);

type Decoder = (pieces: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

async function decode(decoder: Decoder, encoded: Buffer, pieceBytes: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(encoded.length / pieceBytes) }, (_, index) =>
    encoded.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  return gather(decoder(Readable.from(pieces)));
}

async function gather(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** A gzip header with all that it may hold. */
function withLongHead(): Buffer {
  const head = Buffer.from(gz.subarray(0, 10));
  head[3] = 2 | 4 | 8 | 16;
  const fields = [Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0comment\0'), Buffer.from([0, 0])];
  return Buffer.concat([head, ...fields, gz.subarray(10)]);
}

const whole: [what: string, decoder: Decoder, encoded: Buffer][] = [
  ['gzip', gunzip, gz],
  ['gzip without its checksum', gunzip, gz.subarray(0, -8)],
  ['gzip with a part of its checksum', gunzip, gz.subarray(0, -3)],
  ['gzip and junk', gunzip, Buffer.concat([gz, JUNK])],
  ['gzip and zeros', gunzip, Buffer.concat([gz, Buffer.alloc(3_000)])],
  ['gzip in two members', gunzip, Buffer.concat([gzipSync(TEXT.subarray(0, 7)), gzipSync(TEXT.subarray(7))])],
  ['gzip with a name, a comment and more in its head', gunzip, withLongHead()],
  ['gzip without compression', gunzip, gzipSync(TEXT, { level: 0 })],
  ['zlib', inflate, zlib],
  ['zlib without its checksum', inflate, zlib.subarray(0, -4)],
  ['zlib with a part of its checksum', inflate, zlib.subarray(0, -1)],
  ['zlib and junk', inflate, Buffer.concat([zlib, JUNK])],
  ['zstd', unzstd, zstdCompressSync(TEXT)],
  ['zstd and junk', unzstd, Buffer.concat([zstdCompressSync(TEXT), JUNK])],
  [
    'zstd in two frames',
    unzstd,
    Buffer.concat([zstdCompressSync(TEXT.subarray(0, 7)), zstdCompressSync(TEXT.subarray(7))]),
  ],
  ['zstd and a frame to be skipped', unzstd, Buffer.concat([zstdCompressSync(TEXT), SKIPPED])],
  ['bare deflate', inflate, deflateRawSync(TEXT)],
  ['bare deflate and junk', inflate, Buffer.concat([deflateRawSync(TEXT), JUNK])],
];

function broken(encoded: Buffer, at: number): Buffer {
  const copy = Buffer.from(encoded);
  copy[copy.length + at] = (copy.at(at) ?? 0) ^ 1;
  return copy;
}

describe('a compressed body', () => {
  it.each(whole)('is whole: %s', async (_what, decoder, encoded) => {
    for (const pieceBytes of [1, 7, 1_000, 1_000_000]) {
      expect((await decode(decoder, encoded, pieceBytes)).equals(TEXT)).toBe(true);
    }
  });

  it.each([
    ['half of gzip', gunzip, gz.subarray(0, gz.length >> 1)],
    ['gzip without its last data byte', gunzip, gz.subarray(0, -9)],
    ['gzip with a wrong checksum', gunzip, broken(gz, -8)],
    ['gzip with a wrong length', gunzip, broken(gz, -1)],
    ['the head of gzip', gunzip, gz.subarray(0, 10)],
    ['a part of the head of gzip', gunzip, withLongHead().subarray(0, 11)],
    ['half a second member', gunzip, Buffer.concat([gz, gz.subarray(0, 5)])],
    ['plain text for gzip', gunzip, TEXT],
    ['half of zstd', unzstd, zstdCompressSync(TEXT).subarray(0, -1)],
    ['half a second frame', unzstd, Buffer.concat([zstdCompressSync(TEXT), zstdCompressSync(TEXT).subarray(0, 9)])],
    ['plain text for zstd', unzstd, TEXT],
    ['half of zlib', inflate, zlib.subarray(0, zlib.length >> 1)],
    ['zlib with a wrong checksum', inflate, broken(zlib, -1)],
    ['plain text for deflate', inflate, TEXT],
  ])('is broken: %s', async (_what, decoder, encoded) => {
    for (const pieceBytes of [1, 1_000_000]) await expect(decode(decoder, encoded, pieceBytes)).rejects.toThrow();
  });

  it('is refused when it has members without end that hold nothing', async () => {
    const members = Buffer.concat(Array.from({ length: 200 }, () => gzipSync('')));
    await expect(decode(gunzip, members, 64_000)).rejects.toMatchObject({ failure: 'TOO_LARGE' });
  });

  it('is left when its signal aborts, also within members that hold nothing', async () => {
    const left = AbortSignal.abort(new Error('enough'));
    await expect(gather(gunzip(Readable.from([gzipSync('')]), { signal: left }))).rejects.toThrow('enough');
  });

  it('fails with what its source fails with', async () => {
    const cut = new Error('cut');
    const source = (async function* () {
      yield gz.subarray(0, 20);
      throw cut;
    })();
    await expect(gather(gunzip(source))).rejects.toBe(cut);
  });
});

it('adler32 gives the sums of RFC 1950, in one piece or in several', () => {
  expect(adler32(Buffer.from('Wikipedia'))).toBe(0x11e60398);
  const bytes = Buffer.alloc(100_000, 255);
  expect(adler32(bytes.subarray(777), adler32(bytes.subarray(0, 777)))).toBe(adler32(bytes));
});
