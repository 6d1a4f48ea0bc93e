import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { hideSecretFields, readSecretFields } from '../../job/contracts/secret-fields.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { readOptions } from '../../job/read-options.ts';
import { refuseReservedId } from '../admission/admission-refusal.ts';
import { type JobSnapshot, readSnapshot } from '../results/job-snapshot.ts';
import { isHeldBack } from '../limits/held-back.ts';
import { jobFields, storedId } from '../keys/queue-keys.ts';
import { type JobCrash, readCrashes } from '../poison/job-crashes.ts';

/** All that is known of one job. JSON-safe. */
export interface JobDetails extends JobSnapshot {
  /** The payload as stored, with `[hidden]` for the secret fields of its contract; text where it is no JSON. */
  payload: unknown;
  /** Bytes of the stored payload. */
  payloadBytes: number;
  /** How often the job may be tried in all. */
  attemptsMax: number;
  /** 1 is most urgent; null for none. */
  priority: number | null;
  /** Of a delayed job: when it can be taken, in milliseconds since the epoch; null of one that a limit holds back. */
  dueAt: number | null;
  /** Present when a limit or a pause of its contract holds the job back: it starts as soon as that lets it. */
  heldBack?: true;
  /** From when on its result is not wanted any more, in milliseconds since the epoch; null for never. */
  expiresAt: number | null;
  /** The last processes that died while it ran there, the first one first, and what each says of it. */
  crashes: JobCrash[];
}

/** Null when the job is not kept. @param id the caller's; or BullMQ's own, of a job that a foreign client put */
export async function readDetails(
  client: Redis,
  { keys, queue }: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<JobDetails | null> {
  const { stored, snapshot } = await findSnapshot(client, { keys, queue }, id);
  return snapshot && { ...snapshot, ...(await readRest(client, keys, stored, secretFieldsOf(queue, snapshot.job))) };
}

/** The job of this id, under the name by which it is stored; the snapshot is null when it is not kept. */
export async function findSnapshot(
  client: Redis,
  { keys, queue }: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<{ stored: string; snapshot: JobSnapshot | null }> {
  for (const stored of storedIdsOf(keys, id)) {
    const snapshot = await readSnapshot(client, { keys, queue }, stored).catch(nullIfNoHash);
    if (snapshot) return { stored, snapshot };
  }
  return { stored: storedId(id), snapshot: null };
}

/** As what an id may be stored: as ours, or as that of a foreign client. */
export function storedIdsOf(keys: KeysMap, id: string): string[] {
  return [...new Set([storedId(id), ...(namesKey(keys, id) ? [] : [id])])];
}

/** A foreign id could be that of a key which is no job. */
function namesKey(keys: KeysMap, id: string): boolean {
  try {
    refuseReservedId(keys, id);
    return false;
  } catch {
    return true;
  }
}

/** For a key that is no hash, such as that of a lock: null. Any other error, such as a lost connection, says nothing of the job. */
export function nullIfNoHash(error: unknown): null {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null;
  throw error;
}

/** BullMQ scores a delayed job by its time, and shifts it by this to keep the order of puts. */
const SCORE_OF_MS = 0x1000;

async function readRest(
  client: Redis,
  keys: KeysMap,
  id: string,
  secretFields: readonly string[],
): Promise<Omit<JobDetails, keyof JobSnapshot>> {
  const [[data, opts, priority, crashes], score] = await Promise.all([
    client.hmget(`${keys['']}${id}`, 'data', 'opts', 'priority', jobFields.crashes),
    client.zscore(keys['delayed'] ?? '', id),
  ]);
  const { attempts = 1, sluice } = readOptions(opts);
  return {
    payload: hideSecretFields(parseOrText(data ?? 'null'), [...secretFields, ...readSecretFields(sluice?.s)]),
    payloadBytes: Buffer.byteLength(data ?? 'null'),
    attemptsMax: Math.max(1, attempts),
    priority: Number(priority) || null,
    dueAt: score === null || isHeldBack(score) ? null : Math.floor(Number(score) / SCORE_OF_MS),
    ...(isHeldBack(score) && { heldBack: true }),
    expiresAt: sluice?.e ?? null,
    crashes: readCrashes(crashes),
  };
}

/** Those of the definition at hand: it may be newer than the job, and name more. */
export function secretFieldsOf({ jobs }: Pick<QueueDefinition, 'jobs'>, job: string): readonly string[] {
  return jobs.find(({ name }) => name === job)?.secretFields ?? [];
}

function parseOrText(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
