import { Duplex } from 'node:stream';
import { createBrotliDecompress } from 'node:zlib';
import { FetchError } from '../errors/fetch-error.ts';
import { gunzip, inflate } from './inflate.ts';
import { unzstd } from './unzstd.ts';

/** What we can decode, for the Accept-Encoding header. */
export const ACCEPT_ENCODING = 'gzip, deflate, br, zstd';

/** More layers than this are an attack or a mistake. */
const LAYERS_MAX = 3;

const decoders: ReadonlyMap<string, () => Duplex> = new Map([
  ['gzip', () => Duplex.from(gunzip)],
  ['x-gzip', () => Duplex.from(gunzip)],
  ['deflate', () => Duplex.from(inflate)],
  ['br', createBrotliDecompress],
  ['zstd', () => Duplex.from(unzstd)],
]);

/** Codings that there are and that we cannot undo: those of IANA's list, and compressions that some servers name. */
const foreign: ReadonlySet<string> = new Set(
  'aes128gcm bzip2 compress dcb dcz exi lz4 lzma pack200-gzip sdch snappy x-bzip2 x-compress xz'.split(' '),
);

/**
 * The streams that undo a Content-Encoding, in the order in which the body passes them; none for an identity.
 *
 * @throws FetchError `HTTP` for an encoding that we did not ask for and cannot undo
 */
export function contentDecoders(contentEncoding: string): Duplex[] {
  const names = encodingNames(contentEncoding).toReversed();
  if (names.length > LAYERS_MAX) throw new FetchError('HTTP', `the body is encoded more than ${LAYERS_MAX} times`);
  return names.map((name) => {
    const create = decoders.get(name);
    if (!create) throw new FetchError('HTTP', 'the body has an encoding that was not asked for');
    return create();
  });
}

/**
 * The encodings in the order in which they were applied. A name that is no coding (`none`, `utf-8`, `text/html`) says nothing
 * about the body, as with browsers.
 */
export function encodingNames(contentEncoding: string): string[] {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => decoders.has(name) || foreign.has(name));
}
