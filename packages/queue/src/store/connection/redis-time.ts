import type { Redis } from 'ioredis';
import { RedisScript } from '../scripts/redis-script.ts';

// A script with a key, because any node of a cluster answers a command without one.
const script = new RedisScript(() => "#!lua flags=no-writes\nreturn redis.call('TIME')");

/** The time of the server that has this key, in milliseconds since the epoch, with a fraction. */
export async function readRedisTime(client: Redis, key: string): Promise<number> {
  const [seconds, micros] = (await script.run(client, [key], [])) as [string, string];
  return Number(seconds) * 1_000 + Number(micros) / 1_000;
}
