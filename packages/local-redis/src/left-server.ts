import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis, isListening } from './ask-redis.ts';
import { whereaboutsOf } from './process-identity.ts';
import { readServerRecord, type RunningRecord } from './server-record.ts';

/** A guardian whose owner died ends its server within three seconds. */
const GUARDIAN_MAX_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * The server that earlier owners of a data folder left running there: its owner and its guardian are dead. Null when there is
 * none. Waits for a server that is being ended. To be called by who has the folder's lease.
 */
export async function findLeftServer(dir: string): Promise<RunningRecord | null> {
  const record = await readServerRecord(dir);
  if (record.state === 'ended') return null;
  await guardiansAreDone(record);
  if (!(await isListening(record.url))) return null;
  return (await servesFolder(record, dir)) ? record : null;
}

/** Either their server is gone, or they are, and the server is left over. */
async function guardiansAreDone(record: RunningRecord): Promise<void> {
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < GUARDIAN_MAX_MS) {
    if (!(await anyAlive(record)) || !(await isListening(record.url))) return;
    await sleep(LOOK_EVERY_MS);
  }
}

async function anyAlive({ guardians }: RunningRecord): Promise<boolean> {
  return (await Promise.all(guardians.map(whereaboutsOf))).includes('alive');
}

/** The address may belong to another server by now. One that does not answer is taken for ours: starting a second would harm. */
async function servesFolder(record: RunningRecord, dir: string): Promise<boolean> {
  const reply = await askRedis(record.url, 'CONFIG GET dir').catch(() => null);
  if (reply === null || record.source === 'docker') return true;
  return reply.split('\r\n').includes(await realpath(dir));
}
