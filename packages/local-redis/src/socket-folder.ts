import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A socket's path may have 104 bytes on macOS and 108 on Linux; some temp folders are longer than that by themselves. */
const longestTempDirBytes = 75;

/** A new folder that only this user may enter (0700), with a path short enough for a socket in it. */
export function makeSocketFolder(): string {
  const own = resolve(tmpdir());
  const parent = Buffer.byteLength(own) > longestTempDirBytes ? '/tmp' : own;
  return mkdtempSync(join(parent, 'sluice-'));
}

/** The folder of a server that has ended, made again for one that takes its place. */
export function remakeSocketFolder(socket: string): string {
  const folder = dirname(socket);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}
