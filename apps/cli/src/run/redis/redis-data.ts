import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FolderLease } from '@sluice/local-redis';

/** The first folder has no number; a later one has that of the lease that was taken over from a silent owner. */
const DATA_FOLDER = /^redis(?:-(\d+))?$/;
const DRAFT_FOLDER = /^redis-\d+\.draft$/;
/** Where Redis keeps its append-only file. */
const LOG_FOLDER = 'appendonlydir';

/** Whether it is the data of a run's own Redis. */
export function isRedisData(name: string): boolean {
  return DATA_FOLDER.test(name) || DRAFT_FOLDER.test(name);
}

/**
 * The folder in which the run's own Redis keeps its data.
 *
 * An earlier owner that was only silent may wake up, and its server with it: two servers must not write one file. So the run
 * goes on with a copy then, and the other server is left with files that nobody looks at.
 */
export async function findRedisData({ dir, silentBefore }: Pick<FolderLease, 'dir' | 'silentBefore'>): Promise<string> {
  const data = join(dir, silentBefore === 0 ? 'redis' : `redis-${silentBefore}`);
  const others = (await readdir(dir)).filter((name) => isRedisData(name) && name !== basename(data));
  const [last] = others.filter((name) => DATA_FOLDER.test(name)).sort((a, b) => numberOf(b) - numberOf(a));
  if (last !== undefined && !(await readdir(dir)).includes(basename(data))) {
    const draft = `${data}.draft`;
    await rm(draft, { recursive: true, force: true });
    await copyLog(join(dir, last), draft);
    await rename(draft, data);
  }
  for (const name of others) await rm(join(dir, name), { recursive: true, force: true });
  return data;
}

function numberOf(name: string): number {
  return Number(DATA_FOLDER.exec(name)?.[1] ?? 0);
}

/** What the folder says of servers and their owners is not taken along. */
async function copyLog(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  const hasLog = (await readdir(from)).includes(LOG_FOLDER);
  if (hasLog) await cp(join(from, LOG_FOLDER), join(to, LOG_FOLDER), { recursive: true });
}
