import type { Waiter } from '@sluice/queue';
import type { Command } from 'commander';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownAge, shownCount } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface WaitersFlags extends RedisFlags {
  limit: number;
}

const NOTES = `
Each row is up to 100 puts of one producer, in the order in which they get capacity. A producer has those behind them in its own memory.

Exit codes: 0 listed, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli waiters emails
  $ npx @sluice/cli waiters emails --limit 1000 --json
`;

/** `sluice waiters`: who waits for capacity. */
export function addWaitersCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('waiters')
    .summary('list who waits for capacity')
    .description('Lists the producers that wait for capacity of a queue: who, since when, and for how many jobs.')
    .argument('<queue>', 'name of the queue')
    .option('--limit <n>', 'the most rows, up to 1,000', count(1, 1_000), 100);
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, flags: WaitersFlags) => listWaiters(name, flags, context));
}

async function listWaiters(name: string, flags: WaitersFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const { waiters, total } = await queue.waiters({ limit: flags.limit });
    const text = waiters.length === 0 ? `nobody waits for capacity of ${name}\n` : tableOf(waiters, total);
    await new Output(context.stdout).write(flags.json ? jsonLine({ queue: name, waiters, total }) : text);
  });
}

function tableOf(waiters: readonly Waiter[], total: number): string {
  const rows = waiters.map(({ producer, host, pid, waitedMs, jobs }) => [
    shownAge(waitedMs),
    shownCount(jobs),
    host === null ? producer : `${host}/${pid}`,
  ]);
  const more = total > waiters.length ? `${shownCount(waiters.length)} of ${shownCount(total)}\n` : '';
  return `${tableLines([{ title: 'WAITED', align: 'right' }, { title: 'JOBS', align: 'right' }, { title: 'PRODUCER' }], rows).join('\n')}\n${more}`;
}
