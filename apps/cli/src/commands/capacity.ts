import { UsageError } from '../cli-errors.ts';
import type { AdminStats } from '@sluice/queue';
import type { Command } from 'commander';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownCount, shownTime } from '../queues/shown-values.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const NOTES = `
A number that is set overrides those of all definitions, in every process and at once. With clear, the newest definition's counts
again. Lowering it evicts no job: what is above it is shown as over, and nothing enters until it is done.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli capacity emails
  $ npx @sluice/cli capacity emails 5000
  $ npx @sluice/cli capacity emails clear --json
`;

/** `sluice capacity`: shows or sets how many unfinished jobs a queue may hold. */
export function addCapacityCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('capacity')
    .summary('show or set how many unfinished jobs a queue may hold')
    .description('Shows the capacity of a queue, or sets it for all processes.')
    .argument('<queue>', 'name of the queue')
    .argument('[n|clear]', 'the new capacity, or clear for that of the newest definition');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, wanted: string | undefined, flags: RedisFlags) => capacity(name, wanted, flags, context));
}

async function capacity(
  name: string,
  wanted: string | undefined,
  flags: RedisFlags,
  context: CommandContext,
): Promise<void> {
  const number = wanted === undefined ? undefined : readCapacity(wanted);
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    if (number !== undefined) await queue.setCapacity(number);
    const stats = await queue.stats();
    const { capacity: now, capacityFrom, depth, over } = stats;
    const record = { queue: name, capacity: now, capacityFrom, depth, over };
    await new Output(context.stdout).write(flags.json ? jsonLine(record) : `${capacityText(name, stats)}\n`);
  });
}

/** Null to clear it. */
function readCapacity(text: string): number | null {
  if (text === 'clear') return null;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new UsageError('the capacity is a whole number from 1, or clear');
}

function capacityText(name: string, { capacity, capacityFrom, depth, over }: AdminStats): string {
  if (capacity === null)
    return `${name} has no capacity: ${shownCount(depth)} unfinished jobs, and nothing bounds them`;
  const text = `${name} holds ${shownCount(depth)} of ${shownCount(capacity)} jobs`;
  return `${text}${over > 0 ? `, ${shownCount(over)} over` : ''}; the capacity is ${originText(capacityFrom)}`;
}

/** Whose number the capacity is. */
export function originText(origin: AdminStats['capacityFrom']): string {
  if (origin === null) return 'none';
  const since = origin.sinceMs === null ? '' : ` since ${shownTime(origin.sinceMs)}`;
  if (origin.source === 'set') return `set at run time${since}`;
  if (origin.source === 'fallback') return `that of the first client that found none${since}`;
  if (String(origin.revision).startsWith('guest-')) return `that of a client that only adds to the queue${since}`;
  return `that of the newest definition (${origin.revision})${since}`;
}
