import type { ReplayReport, ReplayResult } from '@sluice/queue';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { actOnMany, howToGoOn, type ShownRun } from '../queues/act-on-many.ts';
import { connectQueues, openQueue } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { ACT_NOTES, type ActFlags, addActOptions } from './act-flags.ts';
import type { CommandContext } from './command-context.ts';
import { foundLetters, selectionOf, type SelectionFlags } from './dead-selection.ts';
import { addFilterOptions, FILTER_NOTES } from './filter-flags.ts';
import { duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface ReplayFlags extends RedisFlags, SelectionFlags, ActFlags {
  wait: number;
  clearExpiry?: true;
}

const NOTES = `
A dead letter is put back to work as if it were new, under its id, with new attempts; the first one to die comes first. Replays are
admitted like puts: on a full queue the run waits for capacity, in the order of arrival, up to --wait each time that it finds none, and
then says what is left. A job that dies again is not replayed again by the same run. A job that has expired stays dead without
--clear-expiry, because it would expire again.

${FILTER_NOTES}

${ACT_NOTES}

Exit codes: 0 all replayed, or counted, 1 some were left, 2 wrong usage, 3 Redis failed, 5 no such queue, or no such dead letter, 6 the queue
was full or sealed, 130 stopped by Ctrl-C. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dead replay emails order-17
  $ npx @sluice/cli dead replay emails --code SLUICE_JOB_TIMEOUT --since 2h --dry-run
  $ npx @sluice/cli dead replay emails --code SLUICE_JOB_TIMEOUT --since 2h --rate 20 --yes
`;

/** `sluice dead replay`: puts dead letters back to work. */
export function addDeadReplayCommand(dead: Command, context: CommandContext): void {
  const command = dead
    .command('replay')
    .summary('put dead letters back to work')
    .description('Puts dead letters back to work: by their ids, by a filter, or all.')
    .argument('<queue>', 'name of the queue')
    .argument('[ids...]', 'ids of dead letters')
    .option('--all', 'every dead letter')
    .option('--wait <duration>', 'how long to wait for capacity', duration(0, 86_400_000), 30_000)
    .option('--clear-expiry', 'replay those that have expired, too; they never expire then');
  addRedisOptions(addActOptions(addFilterOptions(command), 100))
    .addHelpText('after', NOTES)
    .action((name: string, ids: string[], flags: ReplayFlags) => replayDead(name, ids, flags, context));
}

async function replayDead(name: string, ids: string[], flags: ReplayFlags, context: CommandContext): Promise<void> {
  const selection = selectionOf(ids, flags);
  await using queues = await connectQueues(flags, context);
  const { deadLetters } = await openQueue(queues, name);
  const { wait: waitMs, clearExpiry = false } = flags;
  const done = await actOnMany(flags, context, {
    found: foundLetters(name),
    verb: 'replay',
    isNamed: ids.length > 0,
    run: (options) => deadLetters.replay(selection, { ...options, waitMs, clearExpiry }),
  });
  if (!done) return;
  const output = new Output(context.stdout);
  if (flags.json) await output.write(jsonLine({ queue: name, dryRun: done.dryRun, ...done.report }));
  else await output.write(done.dryRun ? `${foundLetters(name)(done.report.matched)}\n` : replayText(done));
  if (!done.dryRun) endWith(done.report, context);
}

const words: Readonly<Record<ReplayResult, string>> = {
  replayed: 'replayed',
  expired: 'left, because they have expired (--clear-expiry replays them)',
  again: 'left, because they died again',
  gone: 'not dead any more, or not kept',
};

function replayText({ report }: ShownRun<ReplayReport>): string {
  const counts = Object.entries(words).flatMap(([result, text]) => {
    const count = report.results[result as ReplayResult] ?? 0;
    return count > 0 || result === 'replayed' ? [`${count} ${text}\n`] : [];
  });
  return `${counts.join('')}${report.left > 0 ? `${report.left} left\n` : ''}${howToGoOn(report)}`;
}

function endWith({ stopped, results }: ReplayReport, context: CommandContext): void {
  if (stopped === 'full' || stopped === 'sealed') context.exitWith(exitCodes.refused);
  else if (stopped === 'end' && (results.gone ?? 0) > 0 && !results.replayed) context.exitWith(exitCodes.notFound);
  else if (stopped === 'end' && (results.expired || results.again || results.gone))
    context.exitWith(exitCodes.someFailed);
}
