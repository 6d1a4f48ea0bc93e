import { readlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** As many links as a system follows itself. */
const LINKS_MAX = 40;
const standard: Readonly<Record<string, number>> = { stdin: 0, stdout: 1, stderr: 2 };

/**
 * The descriptor of this process that a path names, as `/dev/stdout` and `/dev/fd/63` do, and links to them. Null for all other
 * paths. What it is open on (a pipe, a socket) may have no path of its own.
 */
export async function descriptorOf(path: string): Promise<number | null> {
  let named = resolve(path);
  for (let links = 0; links < LINKS_MAX; links += 1) {
    const number = numberIn(named);
    if (number !== null) return number;
    const link = await readlink(named).catch(() => null);
    if (link === null) return null;
    named = resolve(dirname(named), link);
  }
  return null;
}

function numberIn(path: string): number | null {
  const [, name = ''] = /^\/dev\/(std(?:in|out|err))$/.exec(path) ?? [];
  if (standard[name] !== undefined) return standard[name];
  const [, process_ = '', number] = /^\/(?:dev|proc\/(self|thread-self|\d+))\/fd\/(\d{1,9})$/.exec(path) ?? [];
  if (number === undefined || (/^\d/.test(process_) && process_ !== String(process.pid))) return null;
  return Number(number);
}
