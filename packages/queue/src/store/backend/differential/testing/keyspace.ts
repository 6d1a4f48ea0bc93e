import type { Redis } from 'ioredis';

/** One key as it is stored, in a form that can be compared; the prefix is written as `<prefix>` wherever it stands. */
export interface StoredKey {
  type: string;
  /** Whether it ends by itself. How soon depends on the real clock, which two sides never read at one instant. */
  expires: boolean;
  value: unknown;
}

export type Keyspace = Record<string, StoredKey>;

/** Everything below a prefix. */
export async function readKeyspace(client: Redis, prefix: string): Promise<Keyspace> {
  const keys = (await scan(client, `${prefix}:*`)).toSorted();
  const stored = await Promise.all(keys.map((key) => readKey(client, key)));
  const text = JSON.stringify(keys.map((key, index) => [key, stored[index]]));
  const entries: [string, StoredKey][] = JSON.parse(text.replaceAll(prefix, '<prefix>'));
  return Object.fromEntries(entries);
}

async function scan(client: Redis, match: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', match, 'COUNT', 1_000);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}

async function readKey(client: Redis, key: string): Promise<StoredKey> {
  const [type, ttl] = await Promise.all([client.type(key), client.pttl(key)]);
  return { type, expires: ttl >= 0, value: await readValue(client, key, type) };
}

async function readValue(client: Redis, key: string, type: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return (await client.smembers(key)).toSorted();
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'stream':
      return readEvents(client, key);
    default:
      throw new TypeError(`${key} is a ${type}, which BullMQ does not store`);
  }
}

/** The events of each job in their order; those of the queue itself under an empty id. */
async function readEvents(client: Redis, key: string): Promise<Record<string, Record<string, string>[]>> {
  const sequences: Record<string, Record<string, string>[]> = {};
  for (const [, fields] of await client.xrange(key, '-', '+')) {
    const event: Record<string, string> = {};
    for (let i = 0; i < fields.length; i += 2) event[fields[i] ?? ''] = fields[i + 1] ?? '';
    const id = event['jobId'] ?? '';
    (sequences[id] ??= []).push(event);
  }
  return sequences;
}
