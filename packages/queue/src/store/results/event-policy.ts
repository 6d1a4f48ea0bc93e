import type { Redis } from 'ioredis';
import { type EventPolicy, eventPolicies } from '../../job/contracts/queue-policy.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';

/** How long a queue without events writes the ends of jobs after somebody last said that results are awaited. */
const AWAITED_MS = 10_000;

/** @param stored the field of the `meta` hash. Of one that a later build wrote, nothing is promised */
export function readEventPolicy(stored: unknown): EventPolicy {
  if (stored === null || stored === undefined) return 'all';
  return eventPolicies.find((policy) => policy === stored) ?? 'none';
}

/**
 * Has the ends of jobs written from now on, if the queue writes no events. Where Redis refuses, because it is full or the
 * user may not write, the producer finds them by looking once a second.
 *
 * @param base the queue's key prefix, ending in a colon
 */
export async function askForEnds(client: Redis, base: string): Promise<void> {
  const policy = readEventPolicy(await client.hget(`${base}meta`, metaFields.events));
  if (policy !== 'none') return;
  await client.set(`${base}${sluiceKeys.awaited}`, 1, 'PX', AWAITED_MS).catch(() => undefined);
}
