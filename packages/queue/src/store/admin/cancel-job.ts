import type { Redis } from 'ioredis';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { type AdministeredQueue, wakeArguments } from '../admission/wake-arguments.ts';

/**
 * What became of a cancel.
 *
 * - `cancelled`: the job had not started, or waited for its next attempt. It is gone, its capacity is free.
 * - `active`: it runs, or waits for its children. It goes on.
 * - `ended`: it has completed or is dead. It stays as it is.
 * - `unknown`: no such job is kept; it may never have been put, or have been cancelled before.
 */
export type CancelAnswer = 'cancelled' | 'active' | 'ended' | 'unknown';

const script = new RedisScript(() => ourScript('cancel-job'));

/** Removes a job that waits. @param id as it is stored */
export async function cancelJob(client: Redis, queue: AdministeredQueue, id: string): Promise<CancelAnswer> {
  const { keys } = queue;
  const base = keys[''] ?? '';
  const wake = wakeArguments(queue);
  const all = [`${base}${id}`, keys['repeat'] ?? '', ...wake.keys];
  return (await script.run(client, all, [id, base, ...wake.args])) as CancelAnswer;
}
