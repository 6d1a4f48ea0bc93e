import type { Redis } from 'ioredis';
import { infoField } from './info-field.ts';

/** What the Redis of a queue is, and how it does. In a cluster: one of its nodes. JSON-safe. */
export interface RedisState {
  /** What it calls itself. */
  readonly server: 'redis' | 'valkey';
  /** Its own version. */
  readonly version: string;
  /** The memory that it counts against its `maxmemory`, in bytes; null where it does not say. */
  readonly usedBytes: number | null;
  /** Its `maxmemory`, in bytes; null without one. */
  readonly maxBytes: number | null;
  /** How long a call took that does nothing, from this process and back, in milliseconds. */
  readonly latencyMs: number;
}

/** Asks for it. All is read from INFO: managed Redis forbids CONFIG. */
export async function readRedisState(client: Redis): Promise<RedisState> {
  const beganAt = performance.now();
  await client.time();
  const latencyMs = Math.round((performance.now() - beganAt) * 100) / 100;
  const info = await client.info();
  const valkey = infoField(info, 'valkey_version');
  const used = bytes(info, 'used_memory');
  const max = bytes(info, 'maxmemory');
  return {
    server: valkey === undefined ? 'redis' : 'valkey',
    version: valkey ?? infoField(info, 'redis_version') ?? '',
    usedBytes: used === null ? null : used - (bytes(info, 'mem_not_counted_for_evict') ?? 0),
    maxBytes: max === 0 ? null : max,
    latencyMs,
  };
}

function bytes(info: string, name: string): number | null {
  const text = infoField(info, name);
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}
