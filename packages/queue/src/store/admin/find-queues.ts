import { Cluster, type Redis } from 'ioredis';

/** The queues that were found. */
export interface FoundQueues {
  /** In alphabetical order. */
  names: string[];
  /** False when Redis holds more keys, or more queues, than were looked at: there may be more. */
  complete: boolean;
}

export interface FindLimits {
  /** The most keys that are looked at, on each master of a cluster. */
  readonly keysMax: number;
  /** The most queues that are returned. */
  readonly queuesMax: number;
}

const KEYS_A_CALL = 1_000;

/** Looks for the `meta` hashes of queues by SCAN, in calls that are short for Redis however much it holds. */
export async function findQueues(client: Redis, prefix: string, limits: FindLimits): Promise<FoundQueues> {
  const names = new Set<string>();
  const given: unknown = client;
  const masters = given instanceof Cluster ? given.nodes('master') : [client];
  const complete = await Promise.all(masters.map((master) => scan(master, { prefix, limits, names })));
  return { names: [...names].toSorted(), complete: complete.every(Boolean) };
}

interface Scan {
  readonly prefix: string;
  readonly limits: FindLimits;
  readonly names: Set<string>;
}

/** Whether it saw every key. */
async function scan(master: Redis, { prefix, limits, names }: Scan): Promise<boolean> {
  const start = `${prefix}:{`;
  const end = '}:meta';
  let cursor = '0';
  for (let looked = 0; looked < limits.keysMax; looked += KEYS_A_CALL) {
    const [next, keys] = await master.scan(cursor, 'MATCH', `${start}*${end}`, 'COUNT', KEYS_A_CALL);
    for (const key of keys) {
      const name = key.slice(start.length, -end.length);
      if (names.size === limits.queuesMax && !names.has(name)) return false;
      names.add(name);
    }
    if (next === '0') return true;
    cursor = next;
  }
  return false;
}
