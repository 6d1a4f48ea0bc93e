import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { FetchError } from './fetch-error.ts';

/** What we can decode, for the Accept-Encoding header. */
export const acceptEncoding = 'gzip, deflate, br, zstd';

/** More layers than this are an attack or a mistake. */
const LAYERS_MAX = 3;

/** zstd asks for memory by its window; more than 8 MiB must not be needed (RFC 9659). */
const ZSTD_WINDOW_LOG_MAX = 23;

/**
 * The streams that undo a Content-Encoding, in the order in which the body passes them; none for an identity.
 *
 * @param firstByte the first byte of the body, by which the two things called "deflate" are told apart
 * @throws FetchError `HTTP` for an encoding that we did not ask for and cannot undo
 */
export function contentDecoders(contentEncoding: string, firstByte: number): Transform[] {
  const names = encodingNames(contentEncoding).toReversed();
  if (names.length > LAYERS_MAX) throw new FetchError('HTTP', `the body is encoded more than ${LAYERS_MAX} times`);
  return names.map((name) => createDecoder(name, firstByte));
}

/** The encodings in the order in which they were applied, without those that change nothing. */
export function encodingNames(contentEncoding: string): string[] {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

function createDecoder(name: string, firstByte: number): Transform {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return isZlibHeader(firstByte) ? createInflate() : createInflateRaw();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
    default:
      throw new FetchError('HTTP', 'the body has an encoding that was not asked for');
  }
}

/** "deflate" means the zlib format, but some servers send bare deflate, which never starts with method 8. */
function isZlibHeader(firstByte: number): boolean {
  return (firstByte & 0x0f) === 8;
}
