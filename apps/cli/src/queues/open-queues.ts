import { type Admin, type AllQueues, connectAllQueues } from '@sluice/queue';
import { didYouMean, namePattern, nameRule } from '@sluice/queue/contracts';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import type { CommandContext } from '../commands/command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { redisUrlOf, type RedisFlags } from '../commands/redis-options.ts';
import { printable } from './printable.ts';

/** Connects to the Redis that the flags name. */
export async function connectQueues(flags: RedisFlags, context: CommandContext): Promise<AllQueues> {
  const redis = redisUrlOf(flags, context);
  return connectAllQueues({ redis, prefix: flags.prefix, logger: context.log });
}

/** Runs with the queues of the Redis that the flags name, and disconnects. The first Ctrl-C ends it. */
export async function withQueues(
  flags: RedisFlags,
  context: CommandContext,
  use: (queues: AllQueues) => Promise<void>,
): Promise<void> {
  const run = async (): Promise<void> => {
    await using queues = await connectQueues(flags, context);
    await use(queues);
  };
  const stopped = Promise.withResolvers<'stopped'>();
  const stop = (): void => stopped.resolve('stopped');
  context.interrupted.addEventListener('abort', stop, { once: true });
  const running = run();
  if ((await Promise.race([running, stopped.promise])) === 'stopped') {
    running.catch(() => undefined); // the process is about to end
    context.exitWith(exitCodes.interrupted);
  }
  context.interrupted.removeEventListener('abort', stop);
}

/**
 * A queue that Redis has.
 *
 * @throws NotFoundError that names those which there are, when it has none of this name
 */
export async function openQueue(queues: AllQueues, name: string): Promise<Admin> {
  const queue = queues.get(checkQueueName(name));
  if (await queue.exists()) return queue;
  throw new NotFoundError(`there is no queue ${name} in this Redis${await others(queues, name)}`);
}

/** @throws UsageError when no queue can be called this */
export function checkQueueName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new UsageError(`the name of a queue is ${nameRule}, not ${printable(JSON.stringify(name.slice(0, 100)))}`);
}

const NAMED_MAX = 10;

async function others(queues: AllQueues, name: string): Promise<string> {
  // The user of this connection may not be allowed to look for queues.
  const { names } = await queues.find().catch(() => ({ names: [] }));
  const meant = didYouMean(name, names);
  if (meant !== null) return `; did you mean ${printable(meant)}?`;
  if (names.length === 0) return '';
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `: it has ${names.slice(0, NAMED_MAX).map(printable).join(', ')}${more}`;
}
