import { fstat, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../../cli-errors.ts';
import { descriptorOf } from '../streams/descriptor.ts';

/** A named pipe or a device, or what an open descriptor of this process is open on: a file then is written from where it stands. */
export interface StreamTarget {
  kind: 'stream';
  path: string;
  fd?: number;
  holds: 'pipe' | 'device' | 'socket' | 'file';
}

/** Where results are to go. Only a file can be taken up again by a later run. */
export type OutputTarget = { kind: 'stdout' } | StreamTarget | { kind: 'file'; path: string; bytes: number };

/**
 * Looks at the output without touching it.
 *
 * @throws UsageError when it is a folder, its folder is missing, it cannot be written to, or it is the input.
 */
export async function findOutput(out: string | null, inputPath: string | null): Promise<OutputTarget> {
  if (out === null) return { kind: 'stdout' };
  const fd = await descriptorOf(out);
  if (fd !== null) return findDescriptor(out, fd);
  const found = await stat(out).catch(() => null);
  if (found === null) return { kind: 'file', path: await newPath(out), bytes: 0 };
  if (found.isDirectory()) throw new UsageError(`${out} is a folder; name a file in it with -o`);
  if (!found.isFile()) return findStream(out, found);
  const input = inputPath === null ? null : await stat(inputPath);
  if (input?.ino === found.ino && input.dev === found.dev) {
    throw new UsageError(`${out} is the list of URLs; name another file with -o`);
  }
  return { kind: 'file', path: await realpath(out), bytes: found.size };
}

async function findDescriptor(path: string, fd: number): Promise<OutputTarget> {
  // Whatever standard output is: with > and >> it is for the shell to say where in a file results go.
  if (fd === 1) return { kind: 'stdout' };
  const found = await promisify<number, Stats>(fstat)(fd).catch(() => null);
  if (found === null || found.isDirectory()) throw new UsageError(`${path} is not open`);
  const holds = found.isFile() ? 'file' : found.isFIFO() ? 'pipe' : found.isSocket() ? 'socket' : 'device';
  return { kind: 'stream', path, fd, holds };
}

function findStream(path: string, found: Stats): StreamTarget {
  if (found.isFIFO()) return { kind: 'stream', path, holds: 'pipe' };
  if (found.isCharacterDevice()) return { kind: 'stream', path, holds: 'device' };
  throw new UsageError(`${path} is a ${found.isSocket() ? 'socket' : 'disk'}; name a file or a pipe with -o`);
}

async function newPath(out: string): Promise<string> {
  const path = resolve(out);
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch {
    throw new UsageError(`there is no folder ${dirname(out)} to write ${basename(out)} in`);
  }
}
