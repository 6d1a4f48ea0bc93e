import { copyFile, mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../cli-errors.ts';
import { type Tarballs, VENDOR } from './local-packages.ts';

export interface Project {
  readonly name: string;
  /** The folder that the project's own goes into. */
  readonly parent: string;
  readonly files: ReadonlyMap<string, string>;
  readonly tarballs: Tarballs;
}

/**
 * Writes a project whole or not at all: into a folder next to its own, which is then renamed.
 *
 * @returns the project's folder
 * @throws UsageError when its folder has something in it, or nothing can be written there
 */
export async function writeProject({ name, parent, files, tarballs }: Project): Promise<string> {
  const folder = join(parent, name);
  await refuseExisting(folder);
  const draft = await mkdtemp(join(parent, `.${name}-`)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write in ${parent}: ${reasonOf(error)}`, { cause: error });
  });
  try {
    const made = join(draft, name);
    await mkdir(made);
    for (const [path, text] of files) {
      await mkdir(dirname(join(made, path)), { recursive: true });
      await writeFile(join(made, path), text);
    }
    if (tarballs.size > 0) await mkdir(join(made, VENDOR));
    for (const path of tarballs.values()) await copyFile(path, join(made, VENDOR, basename(path)));
    await refuseExisting(folder);
    await rmdir(folder).catch(() => undefined); // an empty one; not every system renames onto it
    await rename(made, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function refuseExisting(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null) return;
  if (!found.isDirectory()) throw new UsageError(`${folder} is there already, and is no folder`);
  if ((await readdir(folder)).length > 0) {
    throw new UsageError(`${folder} is there already, with files in it: take another name, or remove them`);
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EROFS') return 'it is read-only';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such folder';
  return message;
}
