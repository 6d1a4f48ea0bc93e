import type { RedisClient } from 'bullmq';
import { historyKeys } from '../history/queue-history.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { limitKeys } from '../limits/limit-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** Sluice's own keys of a queue of which there is one each. */
const WHOLE_KEYS = [
  'waiters',
  'tickets',
  'sweep',
  'stalledCandidates',
  'crashSuspects',
  'clients',
  'pools',
  'lastHeartbeats',
  'movedSchedulers',
  'tombstones',
  'awaited',
] as const satisfies readonly (keyof typeof sluiceKeys)[];

const forgetIds = new RedisScript(() => ourScript('forget-ids'));

/** Deletes Sluice's own keys of a queue, but for those of single producers, which end by themselves within 20 s. */
export async function deleteOwnKeys(
  client: RedisClient,
  toKey: (name: string) => string,
  nowMs: number,
): Promise<void> {
  const ofLimits = await limitKeys(client, toKey(''));
  const ofHistory = historyKeys(toKey(''), nowMs);
  await client.del(...WHOLE_KEYS.map((name) => toKey(sluiceKeys[name])), ...ofLimits, ...ofHistory);
  await forgetAllIds(client, toKey);
}

/** In steps: there may be millions. */
async function forgetAllIds(client: RedisClient, toKey: (name: string) => string): Promise<void> {
  const buckets = Array.from({ length: 256 }, (_, n) => `${sluiceKeys.ids}${n.toString(16).padStart(2, '0')}`);
  while ((await forgetIds.run(client, buckets.map(toKey))) !== 0);
}
