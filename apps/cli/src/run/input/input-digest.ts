import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readInputLines } from './input-lines.ts';

/** What distinguishes one list of URLs from another. */
export interface InputDigest {
  /** Hex SHA-256 of all its bytes. */
  sha256: string;
  /** Lines that ask for a result. */
  lines: number;
}

/** Reads a file once, in bounded memory. */
export async function readDigest(path: string): Promise<InputDigest> {
  const taken = digestChunks(createReadStream(path, { highWaterMark: 2 ** 16 }));
  let lines = 0;
  for await (const group of readInputLines(taken.chunks)) lines += group.length;
  return { sha256: taken.digest(), lines };
}

/** Passes chunks on and digests them on the way. `digest` is to be called once, after the last chunk. */
export function digestChunks(source: AsyncIterable<Buffer>): { chunks: AsyncIterable<Buffer>; digest: () => string } {
  const hash = createHash('sha256');
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: chunks(), digest: () => hash.digest('hex') };
}
