import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LaunchedServer } from './local-redis.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/**
 * Which server runs on a data folder. It lies in that folder, so that a later process finds what an earlier one left. Only
 * who has the folder's lease writes it; what it says may be long past.
 */
export type ServerRecord = { readonly state: 'ended' } | RunningRecord;

export interface RunningRecord extends Omit<LaunchedServer, 'guardian'> {
  readonly state: 'running';
  /** The processes that end the server when its owner is gone. */
  readonly guardians: readonly ProcessIdentity[];
}

const RECORD_FILE = 'redis-server.json';

export async function readServerRecord(dir: string): Promise<ServerRecord> {
  const text = await readFile(join(dir, RECORD_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text === '' ? { state: 'ended' } : (JSON.parse(text) as ServerRecord);
}

export async function recordServer(dir: string, { guardian, ...server }: LaunchedServer): Promise<void> {
  const { guards } = await guardian.pids;
  await writeRecord(dir, { state: 'running', guardians: await Promise.all(guards.map(identifyProcess)), ...server });
}

/** A record that cannot be written does no harm, for nobody believes it unchecked. */
export async function recordEnd(dir: string): Promise<void> {
  await writeRecord(dir, { state: 'ended' }).catch(() => undefined);
}

/** In one step: a reader sees the old record or the new one, never half. */
async function writeRecord(dir: string, record: ServerRecord): Promise<void> {
  const draft = join(dir, `${RECORD_FILE}.new`);
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(draft, join(dir, RECORD_FILE));
}
