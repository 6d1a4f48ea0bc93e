import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { UsageError } from '../../cli-errors.ts';
import { descriptorOf } from '../streams/descriptor.ts';
import { dropDescriptor, openPipeForReading } from '../streams/named-pipe.ts';
import { createHash } from 'node:crypto';
import { readInputLines } from './input-lines.ts';

/** A list of URLs, opened for reading once. */
export interface InputSource {
  /** For messages. */
  name: string;
  /** Absolute path; null for a stream. */
  path: string | null;
  /** Null for a stream: it can be read only once, so nothing can be said of it before. */
  digest: InputDigest | null;
  /**
   * The bytes of the list, once.
   *
   * @throws UsageError at its end, when a file is not what it was when its digest was taken.
   */
  chunks(): AsyncIterable<Buffer | string>;
  /** Stops reading, also when a read is under way. */
  close(): void;
}

/**
 * Opens a file or standard input (`-`). A named pipe or a terminal counts as a stream.
 *
 * @throws UsageError when there is no such file, it is a folder, or it may not be read.
 */
export async function openInput(input: string, stdin: NodeJS.ReadableStream = process.stdin): Promise<InputSource> {
  if (input === '-') return streamSource('standard input', stdin as Readable);
  const path = resolve(input);
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new UsageError(`${input} is a folder, not a list of URLs`);
    if (!found.isFile()) return streamSource(input, await openStream(input, path, found, stdin));
    return fileSource(input, path, await readDigest(path));
  } catch (error) {
    throw asUsageError(input, error);
  }
}

/** Standard input by another name, a pipe, a device, or a socket that this process has open. */
async function openStream(input: string, path: string, found: Stats, stdin: NodeJS.ReadableStream): Promise<Readable> {
  const fd = await descriptorOf(path);
  if (fd === 0) return stdin as Readable;
  if (found.isFIFO()) {
    const pipe = await openPipeForReading(path);
    dropDescriptor(fd);
    return pipe;
  }
  if (!found.isSocket()) return createReadStream(path);
  if (fd === null) throw new UsageError(`${input} is a socket, not a list of URLs`);
  return new Socket({ fd, readable: true, writable: false });
}

function streamSource(name: string, stream: Readable): InputSource {
  return { name, path: null, digest: null, chunks: () => stream, close: () => void stream.destroy() };
}

function fileSource(name: string, path: string, digest: InputDigest): InputSource {
  // A file is read to its end or not at all: there is no read that could hang.
  return { name, path, digest, chunks: () => unchanged(path, name, digest), close: () => undefined };
}

async function* unchanged(path: string, name: string, expected: InputDigest): AsyncGenerator<Buffer> {
  const taken = digestChunks(createReadStream(path, { highWaterMark: 2 ** 16 }));
  yield* taken.chunks;
  if (taken.digest() === expected.sha256) return;
  throw new UsageError(
    `${name} was changed while it was read, so its results belong to two lists.\n` +
      `Put back what it was and run the same command again, or start over with --restart.`,
  );
}

function asUsageError(input: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new UsageError(`there is no file ${input}`);
  if (code === 'EACCES' || code === 'EPERM') return new UsageError(`${input} may not be read`);
  return error;
}

/** What distinguishes one list of URLs from another. */
interface InputDigest {
  /** Hex SHA-256 of all its bytes. */
  sha256: string;
  /** Lines that ask for a result. */
  lines: number;
}

/** Reads a file once, in bounded memory. */
async function readDigest(path: string): Promise<InputDigest> {
  const taken = digestChunks(createReadStream(path, { highWaterMark: 2 ** 16 }));
  let lines = 0;
  for await (const group of readInputLines(taken.chunks)) lines += group.length;
  return { sha256: taken.digest(), lines };
}

/** Passes chunks on and digests them on the way. `digest` is to be called once, after the last chunk. */
function digestChunks(source: AsyncIterable<Buffer>): { chunks: AsyncIterable<Buffer>; digest: () => string } {
  const hash = createHash('sha256');
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { chunks: chunks(), digest: () => hash.digest('hex') };
}
