import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../cli-errors.ts';

/** Where results are to go. Only a file can be taken up again by a later run. */
export type OutputTarget =
  | { kind: 'stdout' }
  /** A named pipe, a terminal or the like. */
  | { kind: 'device'; path: string }
  | { kind: 'file'; path: string; bytes: number };

/**
 * Looks at the output without touching it.
 *
 * @throws UsageError when it is a folder, its folder is missing, or it is the input.
 */
export async function findOutput(out: string | null, inputPath: string | null): Promise<OutputTarget> {
  if (out === null) return { kind: 'stdout' };
  const found = await stat(out).catch(() => null);
  if (found === null) return { kind: 'file', path: await newPath(out), bytes: 0 };
  if (found.isDirectory()) throw new UsageError(`${out} is a folder; name a file in it with -o`);
  const path = await realpath(out);
  if (!found.isFile()) return { kind: 'device', path };
  const input = inputPath === null ? null : await stat(inputPath);
  if (input?.ino === found.ino && input.dev === found.dev) {
    throw new UsageError(`${out} is the list of URLs; name another file with -o`);
  }
  return { kind: 'file', path, bytes: found.size };
}

async function newPath(out: string): Promise<string> {
  const path = resolve(out);
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch {
    throw new UsageError(`there is no folder ${dirname(out)} to write ${basename(out)} in`);
  }
}
