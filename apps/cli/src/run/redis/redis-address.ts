import { readRedisAddress, shownRedisServer } from '@sluice/queue/redis-address';
import { UsageError } from '../../cli-errors.ts';

/**
 * Host, port and database of an address of Redis, without user name and password: fit to be stored and shown.
 *
 * @throws UsageError when it is none. The message repeats nothing of it: it may hold a password.
 */
export function redisAddressOf(redisUrl: string): string {
  const { servers, problem } = readRedisAddress(redisUrl);
  if (servers === undefined) throw new UsageError(`--redis ${problem}`);
  return servers.map(shownRedisServer).join(',');
}
