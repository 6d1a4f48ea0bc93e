import { InvalidArgumentError, type Command } from 'commander';
import { namePattern, nameRule } from '@sluice/queue/contracts';
import { readRedisAddress } from '@sluice/queue/redis-address';
import { UsageError } from '../cli-errors.ts';
import type { CommandContext } from './command-context.ts';

/** The options of every command that works on queues: which Redis, which prefix, and text or JSON. */
export interface RedisFlags {
  redis?: string;
  prefix: string;
  json?: true;
}

/** Adds `--redis`, `--prefix` and `--json`. */
export function addRedisOptions(command: Command): Command {
  return command
    .option('--redis <url>', 'address of the Redis: redis:, rediss: or unix: (default: SLUICE_REDIS_URL, or REDIS_URL)')
    .option('--prefix <prefix>', 'what the Redis keys of the queues start with', prefixName, 'bull')
    .option('--json', 'print JSON instead of text for people');
}

/** For the help of each of them. */
export const REDIS_NOTES = `Redis away: the command ends after 5 s with exit code 3.`;

/** @throws UsageError when there is no address, or it is none. The message repeats nothing of it: it may hold a password. */
export function redisUrlOf(flags: RedisFlags, { env }: Pick<CommandContext, 'env'>): string {
  const named = [
    ['--redis', flags.redis],
    ['SLUICE_REDIS_URL', env['SLUICE_REDIS_URL']],
    ['REDIS_URL', env['REDIS_URL']],
  ] as const;
  for (const [name, url] of named) {
    if (url === undefined || url === '') continue;
    const { problem } = readRedisAddress(url);
    if (problem === undefined) return url;
    throw new UsageError(`${name} ${problem}`);
  }
  throw new UsageError('no Redis is named: give --redis redis://host:6379, or set SLUICE_REDIS_URL or REDIS_URL');
}

function prefixName(text: string): string {
  if (namePattern.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${nameRule}.`);
}
