import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchedServer } from './launched-server.ts';

/**
 * Who runs which server on a data folder. It lies in that folder, so that a later process finds what an earlier one left.
 * `starting` is a claim: its owner is about to start a server there.
 */
export type ServerRecord = { readonly state: 'starting'; readonly ownerPid: number } | RunningRecord;

export interface RunningRecord extends Omit<LaunchedServer, 'guardian'> {
  readonly state: 'running';
  /** The process that started the server, or adopted it. */
  readonly ownerPid: number;
  /** The processes that end the server when its owner is gone. */
  readonly guardianPids: readonly number[];
}

const fileName = 'redis-server.json';

export async function readServerRecord(dir: string): Promise<ServerRecord | null> {
  const text = await readFile(join(dir, fileName), 'utf8').catch(() => '');
  return text === '' ? null : (JSON.parse(text) as ServerRecord);
}

/**
 * Claims the folder for a server that is about to start. Only one of several callers gets it.
 *
 * @returns false when there is a record already
 */
export async function claimServerRecord(dir: string): Promise<boolean> {
  const claim: ServerRecord = { state: 'starting', ownerPid: process.pid };
  try {
    await writeFile(join(dir, fileName), `${JSON.stringify(claim)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Puts the record in place in one step: a reader sees the old one or the new one, never half. */
export async function recordServer(
  dir: string,
  { guardian, pid, url, folder, last, source }: LaunchedServer,
): Promise<void> {
  const record: ServerRecord = {
    state: 'running',
    ownerPid: process.pid,
    guardianPids: (await guardian.pids).guards,
    pid,
    url,
    folder,
    last,
    source,
  };
  const draft = join(dir, `${fileName}.${process.pid}`);
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(draft, join(dir, fileName));
}

export async function removeServerRecord(dir: string): Promise<void> {
  await rm(join(dir, fileName), { force: true });
}
