import { addAbortSignal, type Transform } from 'node:stream';
import { FetchError } from '../errors/fetch-error.ts';
import type { ByteSource } from './byte-source.ts';

export interface DecoderOptions {
  /** Aborted when nobody reads any more: what waits for its source, or yields nothing, notices it by this alone. */
  signal?: AbortSignal;
}

/** A decoder of Node: it takes no more bytes than belong to its member. */
export interface MemberDecoder extends Transform {
  /** How many bytes it has taken. */
  readonly bytesWritten: number;
}

/** Each member costs a decoder of its own: more than these, or more than one per this number of bytes, are an attack. */
const MEMBERS_MAX = 100;
const MEMBER_LEAST_BYTES = 4_096;

/** @throws FetchError `TOO_LARGE` when a body has more members than what they hold explains */
export function checkMembers(members: number, bytes: number): void {
  if (members <= MEMBERS_MAX + bytes / MEMBER_LEAST_BYTES) return;
  throw new FetchError('TOO_LARGE', 'the body has too many compressed parts');
}

/** Decodes one member of a compressed body, and leaves what follows it in the source. */
export async function* decodeMember(
  engine: MemberDecoder,
  input: ByteSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  signal?.throwIfAborted();
  if (signal) addAbortSignal(signal, engine);
  const fed = feed(engine, input).catch((error: unknown) => void engine.destroy(error as Error));
  try {
    yield* engine as AsyncIterable<Buffer>;
    await fed;
  } finally {
    engine.destroy();
  }
}

async function feed(engine: MemberDecoder, input: ByteSource): Promise<void> {
  for (let piece = await input.next(); piece !== null; piece = await input.next()) {
    const before = engine.bytesWritten;
    await written(engine, piece);
    const taken = engine.bytesWritten - before;
    if (taken === piece.length) continue;
    // It takes no more: that was the end of the member.
    return input.unread(piece.subarray(taken));
  }
  engine.end();
}

function written(engine: MemberDecoder, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => engine.write(piece, (error) => (error ? reject(error) : resolve())));
}
