import type { Redis } from 'ioredis';
import { type Logger } from '../../job/logging/logger.ts';
import * as optionRule from '../../job/options/option-rules.ts';
import { RedisUnsuitableError } from '../../job/errors/index.ts';
import { type WarningCode } from '../../job/logging/warning-logger.ts';
import { OLDEST_REDIS } from '../scripts/script-flags.ts';
import { infoField } from './info-field.ts';
import { missingFix } from './server-fixes.ts';

/** What to do about a Redis whose `maxmemory-policy` would delete jobs to free memory: log a warning, or reject. */
export type UnsafeEviction = 'warn' | 'refuse';

export const unsafeEvictionRule = optionRule.oneOf(['warn', 'refuse'] satisfies UnsafeEviction[]);

/**
 * A look at what kind of Redis this is, for a connection of ours that has just been made. BullMQ would print its findings
 * to the console; here they are an error or a log line. All is read from INFO: managed Redis forbids CONFIG.
 */
export function serverCheck(logger: Logger, unsafeEviction: UnsafeEviction = 'warn') {
  return (client: Redis, host: string): Promise<void> => checkServer(client, { host, logger, unsafeEviction });
}

export interface ServerCheck {
  host: string;
  logger: Logger;
  unsafeEviction: UnsafeEviction;
}

/**
 * @throws RedisUnsuitableError when Redis is older than 7.0, or may evict jobs and that is to be refused. Valkey states the
 * version of Redis that it stands for.
 */
export async function checkServer(client: Redis, { host, logger, unsafeEviction }: ServerCheck): Promise<void> {
  const info = await client.info();
  const version = infoField(info, 'redis_version') ?? '';
  if (!(Number.parseInt(version, 10) >= Number(OLDEST_REDIS))) {
    throw new RedisUnsuitableError(
      `Redis at ${host} is version ${version || 'unknown'}, and ${OLDEST_REDIS} is the oldest that works: upgrade the server`,
    );
  }
  warnOfMissingFix(info, host, logger);
  const policy = infoField(info, 'maxmemory_policy');
  if (!policy || policy === 'noeviction') return;
  const message = 'Redis may evict jobs when its memory is full: set maxmemory-policy to noeviction';
  if (unsafeEviction === 'refuse') throw new RedisUnsuitableError(`${message} at ${host}, where it is ${policy}`);
  logger.warn({ warning: 'redis-may-evict' satisfies WarningCode, redis: host, policy }, message);
}

function warnOfMissingFix(info: string, host: string, logger: Logger): void {
  const missing = missingFix(info);
  if (!missing) return;
  const { cve, server, version, fixedIn } = missing;
  const upgrade = fixedIn ? `upgrade it to ${fixedIn}` : 'no release of its line is known to have the fix: upgrade it';
  logger.warn(
    { warning: 'redis-known-hole' satisfies WarningCode, redis: host, version, cve },
    `${server} ${version} has a known security hole, ${cve}: ${upgrade}`,
  );
}
