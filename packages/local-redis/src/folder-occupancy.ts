import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis, isListening } from './ask-redis.ts';
import { type Claim, readServerRecord, type RunningRecord } from './server-record.ts';

/** Whether a server may be started on a data folder, and the claim that was looked at. */
export type Occupancy = { readonly claim: Claim } & (
  | { readonly state: 'free' }
  | { readonly state: 'in-use'; readonly ownerPid: number }
  /** A server runs there and nobody looks after it: its owner and its guardian are both dead. */
  | { readonly state: 'orphaned'; readonly record: RunningRecord }
);

/** A guardian whose owner died ends its server within three seconds. */
const guardianMaxMs = 10_000;
const lookEveryMs = 50;

/** What the folder's record says, checked against what really runs. Waits for a server that is being ended. */
export async function occupancyOf(dir: string): Promise<Occupancy> {
  const { record, claim } = await readServerRecord(dir);
  if (record.state === 'ended') return { claim, state: 'free' };
  const { ownerPid } = record;
  const owned = isAlive(ownerPid);
  if (record.state === 'starting') return owned ? { claim, state: 'in-use', ownerPid } : { claim, state: 'free' };
  if (!owned) await guardianIsDone(record);
  if (!(await isListening(record.url))) return { claim, state: 'free' };
  if (owned || record.guardianPids.some(isAlive)) return { claim, state: 'in-use', ownerPid };
  return (await servesFolder(record, dir)) ? { claim, state: 'orphaned', record } : { claim, state: 'free' };
}

/** Either its server is gone, or it is, and the server is left over. */
async function guardianIsDone({ guardianPids, url }: RunningRecord): Promise<void> {
  const startedAt = performance.now();
  while (guardianPids.some(isAlive) && (await isListening(url)) && performance.now() - startedAt < guardianMaxMs) {
    await sleep(lookEveryMs);
  }
}

/** The address may belong to another server by now. One that does not answer is taken for ours: starting a second would harm. */
async function servesFolder(record: RunningRecord, dir: string): Promise<boolean> {
  const reply = await askRedis(record.url, 'CONFIG GET dir').catch(() => null);
  if (reply === null || record.source === 'docker') return true;
  return reply.split('\r\n').includes(await realpath(dir));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
