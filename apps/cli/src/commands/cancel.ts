import type { CancelOptions, CancelOutcome, JobFilter } from '@sluice/queue';
import type { Command } from 'commander';
import { parseJobId } from '@sluice/queue/contracts';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { actOnMany, howToGoOn } from '../queues/act-on-many.ts';
import { connectQueues, openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { ACT_NOTES, type ActFlags, addActOptions } from './act-flags.ts';
import type { CommandContext } from './command-context.ts';
import { addFilterOptions, addStateOption, FILTER_NOTES, type FilterFlags, filterOf } from './filter-flags.ts';
import { duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface CancelFlags extends RedisFlags, FilterFlags, ActFlags {
  wait: number;
  reason?: string;
}

const NOTES = `
A job that waits is removed. The signal of one that runs is aborted; once its worker has confirmed that, the job is dead, with the code
SLUICE_JOB_CANCELLED. A handler that does not listen loses its slot after its grace. A cancel never hits a later job of the same id.

Without an id, all jobs that the filter finds are cancelled: those that wait or run, unless --state says otherwise.

${FILTER_NOTES}

${ACT_NOTES}

Exit codes: 0 removed or aborted, or counted, 1 too late, refused or not confirmed, 2 wrong usage, 3 Redis failed, 5 no such queue or job,
130 stopped by Ctrl-C. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli cancel emails order-17
  $ npx @sluice/cli cancel emails order-17 --reason 'sent twice' --wait 30s
  $ npx @sluice/cli cancel emails --state waiting --job email.send --dry-run
`;

const SENTENCES: Readonly<Record<CancelOutcome, string>> = {
  removed: 'was removed before it started',
  aborted: 'was stopped by its worker, and is dead',
  ended: 'had already ended',
  unconfirmed: 'goes on: its worker did not answer in time',
  refused: 'waits for its children, or is the next iteration of a job scheduler: it stays',
  unknown: 'is not kept',
};

/** `sluice cancel`: takes a job back, wherever it is. */
export function addCancelCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('cancel')
    .summary('cancel jobs that wait or run')
    .description(
      'Takes a job back that waits, or has its worker stop it, and says what became of that. Or all that a filter finds.',
    )
    .argument('<queue>', 'name of the queue')
    .argument('[id]', 'id of the job; without it, those that the filter finds')
    .option('--wait <duration>', 'how long its worker may take, if it runs', duration(0, 86_400_000), 10_000)
    .option('--reason <text>', 'why, for its handler and its dead letter');
  addRedisOptions(addActOptions(addFilterOptions(addStateOption(command)), 100))
    .addHelpText('after', NOTES)
    .action((name: string, id: string | undefined, flags: CancelFlags) => {
      const filter = filterOf(flags);
      const hasFilter = Object.keys(filter).length > 0;
      if (id !== undefined && hasFilter) throw new UsageError('give an id or a filter, not both');
      if (id !== undefined) return cancelOne(name, parseJobId(id), flags, context);
      if (!hasFilter) throw new UsageError('say which jobs: an id, or a filter such as --state or --job');
      return cancelMany(name, filter, flags, context);
    });
}

async function cancelMany(name: string, filter: JobFilter, flags: CancelFlags, context: CommandContext): Promise<void> {
  await using queues = await connectQueues(flags, context);
  const queue = await openQueue(queues, name);
  const found = (count: number): string =>
    `${count} ${count === 1 ? `job of ${name} matches` : `jobs of ${name} match`}`;
  const done = await actOnMany(flags, context, {
    found,
    verb: 'cancel',
    isNamed: false,
    run: (options) => queue.cancelJobs(filter, { ...options, ...waitOf(flags) }),
  });
  if (!done) return;
  const { dryRun, report } = done;
  const output = new Output(context.stdout);
  if (flags.json) await output.write(jsonLine({ queue: name, dryRun, ...report }));
  else if (dryRun) await output.write(`${found(report.matched)}\n`);
  else await output.write(`${resultsText(report.results)}\n${howToGoOn(report)}`);
  const { removed = 0, aborted = 0 } = report.results;
  if (!dryRun && report.stopped === 'end' && removed + aborted < report.matched) context.exitWith(exitCodes.someFailed);
}

function resultsText(results: Partial<Record<CancelOutcome, number>>): string {
  const counts = Object.entries(results).map(([outcome, count]) => `${count} ${outcome}`);
  return counts.length === 0 ? 'no job matches' : counts.join(', ');
}

function waitOf({ wait, reason }: CancelFlags): CancelOptions {
  return { waitMs: wait, ...(reason !== undefined && { reason }) };
}

async function cancelOne(name: string, id: string, flags: CancelFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const outcome = await queue.cancel(id, waitOf(flags));
    if (outcome === 'unknown')
      throw new NotFoundError(`${name} keeps no job ${printable(id)}: never put, removed, or cancelled`);
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, id, outcome }));
    else await output.lines([`${printable(id)} ${SENTENCES[outcome]}`]);
    if (outcome !== 'removed' && outcome !== 'aborted') context.exitWith(exitCodes.someFailed);
  });
}
