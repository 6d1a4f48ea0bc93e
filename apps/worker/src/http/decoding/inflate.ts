import { crc32, createInflateRaw } from 'node:zlib';
import { ByteSource } from './byte-source.ts';
import { checkMembers, decodeMember, type DecoderOptions } from './members.ts';
import { FetchError } from '../errors/fetch-error.ts';

const [ID1, ID2, DEFLATE] = [0x1f, 0x8b, 8];
const GZIP_FLAGS = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

/**
 * Undoes gzip as browsers do: the data must be whole to its last block; behind it the checksum may be missing, wholly or in part,
 * and anything may follow. Node's own decoder takes both for broken data, or, in lenient mode, half a page for a whole one.
 *
 * @throws FetchError `HTTP` for data that is not whole or does not match its checksum
 */
export async function* gunzip(pieces: AsyncIterable<Buffer>, { signal }: DecoderOptions = {}): AsyncGenerator<Buffer> {
  const input = new ByteSource(pieces);
  let total = 0;
  for (let members = 0; await skipGzipHead(input, members === 0); members += 1) {
    checkMembers(members, total);
    let sum = 0;
    let bytes = 0;
    for await (const part of decodeMember(createInflateRaw(), input, signal)) {
      sum = crc32(part, sum);
      bytes += part.length;
      yield part;
    }
    total += bytes;
    const trailer = await input.take(8);
    if (trailer.length === 8 && (trailer.readUInt32LE(0) !== sum || trailer.readUInt32LE(4) !== bytes % 2 ** 32)) {
      throw brokenEncoding('a wrong checksum');
    }
  }
  await input.drain();
}

/** Undoes what is called "deflate": the zlib format, or, by some servers, bare deflate. As lenient as {@link gunzip}. */
export async function* inflate(pieces: AsyncIterable<Buffer>, { signal }: DecoderOptions = {}): AsyncGenerator<Buffer> {
  const input = new ByteSource(pieces);
  const head = await input.take(2);
  const isZlib = head.length === 2 && ((head[0] ?? 0) & 0x0f) === DEFLATE && head.readUInt16BE() % 31 === 0;
  if (!isZlib) input.unread(head);
  let sum = 1;
  for await (const part of decodeMember(createInflateRaw(), input, signal)) {
    if (isZlib) sum = adler32(part, sum);
    yield part;
  }
  const trailer = isZlib ? await input.take(4) : Buffer.alloc(0);
  if (trailer.length === 4 && trailer.readUInt32BE() !== sum) throw brokenEncoding('a wrong checksum');
  await input.drain();
}

/** @returns false when no further member follows: what does follow is no part of the page */
async function skipGzipHead(input: ByteSource, isFirst: boolean): Promise<boolean> {
  const id = await input.take(2);
  if (id[0] !== ID1 || id[1] !== ID2) {
    if (isFirst) throw brokenEncoding('no gzip');
    return false;
  }
  const [method, flags = 0] = await takeWhole(input, 8);
  if (method !== DEFLATE || flags & GZIP_FLAGS.reserved) throw brokenEncoding('no gzip');
  if (flags & GZIP_FLAGS.extra) await takeWhole(input, (await takeWhole(input, 2)).readUInt16LE());
  if (flags & GZIP_FLAGS.name) await input.skipPast(0);
  if (flags & GZIP_FLAGS.comment) await input.skipPast(0);
  if (flags & GZIP_FLAGS.headerCrc) await takeWhole(input, 2);
  return true;
}

async function takeWhole(input: ByteSource, count: number): Promise<Buffer> {
  const bytes = await input.take(count);
  if (bytes.length < count) throw brokenEncoding('no whole gzip');
  return bytes;
}

/** The body is not what its Content-Encoding says. */
function brokenEncoding(why: string): FetchError {
  return new FetchError('HTTP', `the body does not match its content encoding (${why})`);
}

const MODULUS = 65_521;
/** This number of bytes can be added before the sums pass 32 bits. */
const STRIDE = 3_800;

/** The checksum of the zlib format (RFC 1950); Node has none. */
export function adler32(bytes: Buffer, start = 1): number {
  let low = start & 0xffff;
  let high = start >>> 16;
  for (let at = 0; at < bytes.length; at += STRIDE) {
    for (const byte of bytes.subarray(at, at + STRIDE)) {
      low += byte;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
