import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { actOnMany, howToGoOn } from '../queues/act-on-many.ts';
import { connectQueues, openQueue } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { ACT_NOTES, type ActFlags, addActOptions } from './act-flags.ts';
import type { CommandContext } from './command-context.ts';
import { foundLetters, selectionOf, type SelectionFlags } from './dead-selection.ts';
import { addFilterOptions, FILTER_NOTES } from './filter-flags.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface PurgeFlags extends RedisFlags, SelectionFlags, ActFlags {}

const NOTES = `
What is purged is gone for good. Its ids stay known for their time, as when the queue's own retention removes a job.

${FILTER_NOTES}

${ACT_NOTES}

Exit codes: 0 purged, or counted, 2 wrong usage, 3 Redis failed, 5 no such queue, or no such dead letter, 130 stopped by Ctrl-C.
${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dead purge emails --before 7d --dry-run
  $ npx @sluice/cli dead purge emails order-17 order-18 --yes
`;

/** `sluice dead purge`: removes dead letters for good. */
export function addDeadPurgeCommand(dead: Command, context: CommandContext): void {
  const command = dead
    .command('purge')
    .summary('remove dead letters for good')
    .description('Removes dead letters for good: by their ids, by a filter, or all.')
    .argument('<queue>', 'name of the queue')
    .argument('[ids...]', 'ids of dead letters')
    .option('--all', 'every dead letter');
  addRedisOptions(addActOptions(addFilterOptions(command), 1_000))
    .addHelpText('after', NOTES)
    .action((name: string, ids: string[], flags: PurgeFlags) => purgeDead(name, ids, flags, context));
}

async function purgeDead(name: string, ids: string[], flags: PurgeFlags, context: CommandContext): Promise<void> {
  const selection = selectionOf(ids, flags);
  await using queues = await connectQueues(flags, context);
  const { deadLetters } = await openQueue(queues, name);
  const done = await actOnMany(flags, context, {
    found: foundLetters(name),
    verb: 'purge',
    isNamed: false,
    run: (options) => deadLetters.purge(selection, options),
  });
  if (!done) return;
  const { dryRun, report } = done;
  const { purged = 0, gone = 0 } = report.results;
  const output = new Output(context.stdout);
  if (flags.json) await output.write(jsonLine({ queue: name, dryRun, ...report }));
  else if (dryRun) await output.write(`${foundLetters(name)(report.matched)}\n`);
  else {
    const rest = gone > 0 ? `${gone} not dead any more, or not kept\n` : '';
    await output.write(`${purged} purged\n${rest}${howToGoOn(report)}`);
  }
  if (!dryRun && report.stopped === 'end' && purged === 0 && gone > 0) context.exitWith(exitCodes.notFound);
}
