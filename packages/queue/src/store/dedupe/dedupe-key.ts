import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { callerId } from '../keys/queue-keys.ts';

/** The job that a deduplication key stands for. */
export interface DedupeOwner {
  /** Of the job with which puts of that key are joined. It may have ended, with a key that lasts for a time. */
  id: string;
  /** When the key ends by itself, in milliseconds from now; null when it ends with its job. */
  endsInMs: number | null;
  /** The id of the job that follows once this one has ended, with the payload that was put last; null without one. */
  next: string | null;
}

/** @param id as BullMQ has it. Null when no job has the key */
export async function readDedupeOwner(client: Redis, keys: KeysMap, id: string): Promise<DedupeOwner | null> {
  const key = keyOf(keys, id);
  const [owner, ttl, next] = await Promise.all([
    client.get(key),
    client.pttl(key),
    client.hget(`${keys['']}dn:${id}`, 'jid'),
  ]);
  if (owner === null) return null;
  return { id: callerId(owner), endsInMs: ttl < 0 ? null : ttl, next: next === null ? null : callerId(next) };
}

/** Frees the key: the next put is a job of its own. A payload that is kept for the next job stays. True when a job had the key. */
export async function removeDedupeKey(client: Redis, keys: KeysMap, id: string): Promise<boolean> {
  return (await client.del(keyOf(keys, id))) === 1;
}

function keyOf(keys: KeysMap, id: string): string {
  return `${keys['']}de:${id}`;
}
