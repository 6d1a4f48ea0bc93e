import type { Redis } from 'ioredis';
import type { KeysMap } from 'bullmq';
import { capacityKeys } from '../admission/admission-keys.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/**
 * What became of an edit. Only `edited` has changed anything.
 *
 * - `edited`: the job is as it was asked for.
 * - `active`: it runs.
 * - `ended`: it has completed or is dead.
 * - `unknown`: no such job is kept.
 * - `waiting-children`: it waits for its children.
 * - `scheduled`: it is the next iteration of a job scheduler: change the schedule.
 * - `suspect`: it is a crash suspect, which must keep its place: priority and delay cannot be changed now.
 * - `deduplicated`: it has a dedupe key, whose time its delay would not follow.
 * - `foreign`: another client put it, whose jobs have no expiry.
 */
export type EditAnswer =
  | 'edited'
  | 'active'
  | 'ended'
  | 'unknown'
  | 'waiting-children'
  | 'scheduled'
  | 'suspect'
  | 'deduplicated'
  | 'foreign';

/** What changes, as it is stored; what is absent stays. */
export interface StoredEdit {
  readonly payload?: string;
  /** Of the contract that checked the payload. */
  readonly version?: number;
  /** By Redis's clock; null for never. */
  readonly expiresAtMs?: number | null;
  /** 0 for none. */
  readonly priority?: number;
  readonly delayMs?: number;
}

const script = new RedisScript(() => ourScript('edit-job'));

/** Changes a job that waits, whole or not at all. @param id as stored @param name of its contract, as it was read */
export async function editJob(
  client: Redis,
  keys: KeysMap,
  { id, name }: { id: string; name: string },
  { payload = '', version, expiresAtMs, priority, delayMs }: StoredEdit,
): Promise<EditAnswer> {
  const base = keys[''] ?? '';
  const own = ['events', 'marker', 'pc'].map((key) => keys[key] ?? '');
  const all = [`${base}${id}`, ...capacityKeys(keys), ...own, `${base}${sluiceKeys.crashSuspects}`];
  const expiry = expiresAtMs === null ? 'never' : (expiresAtMs ?? '');
  const args = [id, base, name, payload, version ?? '', expiry, priority ?? '', delayMs ?? ''];
  return (await script.run(client, all, args)) as EditAnswer;
}
