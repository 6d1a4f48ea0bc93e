import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import { placeOfProducer } from './producer-name.ts';

/** Puts of one producer that wait for capacity: a ticket of the waiter queue. JSON-safe. */
export interface Waiter {
  /** The producer's id: the same for all of its tickets, and another one after each connect. */
  readonly producer: string;
  /** The host it runs on; null where its id does not say, as of an older version or of a replay. */
  readonly host: string | null;
  /** Its process there; null likewise. */
  readonly pid: number | null;
  /** When Redis first saw the ticket, in milliseconds since the epoch. */
  readonly since: number;
  /** For how long it has waited, by Redis's clock, in milliseconds. */
  readonly waitedMs: number;
  /** For how many jobs it waits. */
  readonly jobs: number;
}

/** The waiter queue of a queue, as far as it was looked at. JSON-safe. */
export interface WaiterList {
  /** In the order in which they get capacity, at most as many as were asked for. */
  readonly waiters: readonly Waiter[];
  /** How many tickets there are, those of producers included that have died within the last seconds. */
  readonly total: number;
}

const script = new RedisScript(() => ourScript('read-waiters'));

/** Reads the first tickets of the waiter queue. */
export async function readWaiters(client: Redis, keys: KeysMap, limit: number): Promise<WaiterList> {
  const base = keys[''] ?? '';
  const own = [sluiceKeys.waiters, sluiceKeys.tickets].map((name) => base + name);
  const reply = (await script.run(client, own, [limit])) as [number, string, (string | number)[]];
  const [total, now, found] = reply;
  const waiters: Waiter[] = [];
  for (let at = 0; at < found.length; at += 3) {
    const [producer = ''] = String(found[at]).split(':');
    const since = Number(found[at + 1]);
    const waitedMs = Math.max(0, Number(now) - since);
    waiters.push({ producer, ...placeOfProducer(producer), since, waitedMs, jobs: Number(found[at + 2]) });
  }
  return { waiters, total };
}
