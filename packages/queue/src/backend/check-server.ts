import { type Logger, RedisUnsuitableError } from '@sluice/shared';
import type { Redis } from 'ioredis';

const OLDEST: readonly [number, number] = [6, 2];

/**
 * Looks at what kind of Redis this is. BullMQ would print its findings to the console; here they are an error or a log
 * line.
 *
 * @throws RedisUnsuitableError when Redis is older than 6.2
 */
export async function checkServer(client: Redis, host: string, logger: Logger): Promise<void> {
  const info = await client.info();
  const version = field(info, 'redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new RedisUnsuitableError(`Redis at ${host} is version ${version || 'unknown'}; 6.2 is the oldest that works`);
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
