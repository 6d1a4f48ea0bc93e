import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** What became of a dead letter; `gone`: it is not dead any more, or not kept. */
export type PurgeResult = 'purged' | 'gone';

const script = new RedisScript(() => ourScript('purge-jobs'));

/** Removes dead letters. @param ids as stored, at most 100 */
export async function purgeJobs(client: Redis, keys: KeysMap, ids: readonly string[]): Promise<PurgeResult[]> {
  const all = [keys['failed'] ?? '', keys['repeat'] ?? ''];
  return (await script.run(client, all, [keys[''] ?? '', ...ids])) as PurgeResult[];
}
