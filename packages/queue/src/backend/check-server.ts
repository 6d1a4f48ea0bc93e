import { type Logger, RedisUnsuitableError } from '@sluice/shared';
import type { Redis } from 'ioredis';

/** The first Redis that reads from a script's first line whether it may run when memory is full. */
export const oldestRedis = '7.0';

/**
 * Looks at what kind of Redis this is. BullMQ would print its findings to the console; here they are an error or a log
 * line.
 *
 * @throws RedisUnsuitableError when Redis is older than 7.0. Valkey tells the version of Redis that it stands for.
 */
export async function checkServer(client: Redis, host: string, logger: Logger): Promise<void> {
  const info = await client.info();
  const version = field(info, 'redis_version') ?? '';
  if (!(Number.parseInt(version, 10) >= Number(oldestRedis))) {
    throw new RedisUnsuitableError(
      `Redis at ${host} is version ${version || 'unknown'}, and ${oldestRedis} is the oldest that works: upgrade the server`,
    );
  }
  const policy = field(info, 'maxmemory_policy');
  if (policy && policy !== 'noeviction') {
    logger.warn(
      { redis: host, policy },
      'Redis may evict jobs when its memory is full: set maxmemory-policy to noeviction',
    );
  }
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
