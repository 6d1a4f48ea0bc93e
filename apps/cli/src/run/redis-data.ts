import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderLease } from '@sluice/local-redis';

/** The first folder has no number; a later one has that of the lease under which it was made. */
const folderName = /^redis(?:-(\d+))?$/;
const draftName = /^redis-\d+\.draft$/;
/** Where Redis keeps its append-only file. */
const logFolder = 'appendonlydir';

/** Whether it is the data of a run's own Redis. */
export function isRedisData(name: string): boolean {
  return folderName.test(name) || draftName.test(name);
}

/**
 * The folder in which the run's own Redis keeps its data.
 *
 * An earlier owner that was only silent may wake up, and its server with it: two servers must not write one file. So the run
 * goes on with a copy then, and the other server is left with files that nobody looks at.
 */
export async function findRedisData({
  dir,
  number,
  earlierOwner,
}: Pick<FolderLease, 'dir' | 'number' | 'earlierOwner'>): Promise<string> {
  const names = await readdir(dir);
  for (const name of names.filter((name) => draftName.test(name))) await rm(join(dir, name), { recursive: true });
  const folders = names.filter((name) => folderName.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
  const [current = 'redis', ...older] = folders;
  for (const name of older) await rm(join(dir, name), { recursive: true, force: true });
  if (earlierOwner !== 'silent' || folders.length === 0) return join(dir, current);
  const copy = join(dir, `redis-${number}`);
  await copyLog(join(dir, current), `${copy}.draft`);
  await rename(`${copy}.draft`, copy);
  await rm(join(dir, current), { recursive: true, force: true });
  return copy;
}

function numberOf(name: string): number {
  return Number(folderName.exec(name)?.[1] ?? 0);
}

/** What the folder says of servers and their owners is not taken along. */
async function copyLog(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  const hasLog = (await readdir(from)).includes(logFolder);
  if (hasLog) await cp(join(from, logFolder), join(to, logFolder), { recursive: true });
}
