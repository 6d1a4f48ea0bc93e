import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BodySink, bodyTooLarge, ByteLimit } from './body-sink.ts';
import { contentDecoders, encodingNames } from '../decoding/content-decoding.ts';
import type { HttpAnswer } from '../http-pool.ts';

export interface EncodedBody {
  stream: Readable;
  /** The Content-Encoding header; empty for none. */
  contentEncoding: string;
  /** The Content-Length header; null when it is not known. */
  contentLength: number | null;
}

/** An encoding may make a small body larger than it was: headers, checksums, dictionaries. */
const ENCODING_OVERHEAD_BYTES = 64 * 1024;

export interface ReadBodyOptions {
  /** The most decoded bytes; also, with some overhead, the most bytes of every layer of the encoding. */
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Reads a body to its end, decoded, into a sink. Every layer of the encoding is held to the limit while it streams,
 * so that neither a bomb nor an endless body costs more than the limit and one chunk.
 *
 * @throws FetchError `TOO_LARGE` over the limit (at once, when the Content-Length says so), `HTTP` for an unknown
 *   encoding; whatever the stream, the decoder or the signal fails with
 */
export async function readBody(
  body: EncodedBody,
  sink: BodySink,
  { maxBytes, signal }: ReadBodyOptions,
): Promise<void> {
  const { stream, contentEncoding, contentLength } = body;
  try {
    const isEncoded = encodingNames(contentEncoding).length > 0;
    const wireMaxBytes = maxBytes + (isEncoded ? ENCODING_OVERHEAD_BYTES : 0);
    if ((contentLength ?? 0) > wireMaxBytes) throw bodyTooLarge(maxBytes);
    if (!isEncoded) return await pipeline(stream, sink, { signal });
    const chunks = stream.iterator() as AsyncIterableIterator<Buffer>;
    const first = await chunks.next();
    // Some servers name an encoding for an empty body, which no decoder takes.
    if (first.done) return;
    const decoders = contentDecoders(contentEncoding);
    const layers = decoders.flatMap((decoder) => [new ByteLimit(wireMaxBytes, maxBytes), decoder]);
    await pipeline([Readable.from(resume(first.value, chunks)), ...layers, sink], { signal });
  } catch (error) {
    discard(stream);
    throw error;
  }
}

/** Ends a body that nobody reads; its connection goes with it. */
function discard(stream: Readable): void {
  stream.on('error', () => {}).destroy();
}

async function* resume(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** A body that is not wanted is read up to here, so that its connection can be used again. */
const SKIP_MAX_BYTES = 64 * 1024;
const SKIP_MAX_MS = 1_000;

/** Gets a body out of the way: reads a short and quick one, gives up the connection of any other. Never throws. */
export async function skipBody({ body }: HttpAnswer, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SKIP_MAX_MS)]);
  await body.dump({ limit: SKIP_MAX_BYTES, signal: limit }).catch(() => body.destroy());
}
