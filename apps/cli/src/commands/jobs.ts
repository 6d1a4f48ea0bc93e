import { jobSnapshotStates, type Admin, type JobsPage, type ListedJob } from '@sluice/queue';
import type { Command } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownState } from '../queues/shown-state.ts';
import { shownAge } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { addFilterOptions, addStateOption, FILTER_NOTES, type FilterFlags, filterOf } from './filter-flags.ts';
import { count } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

export interface JobsFlags extends RedisFlags, FilterFlags {
  limit: number;
  look: number;
  cursor?: string;
}

const NOTES = `
States, in the order of the list: ${jobSnapshotStates.join(', ')}. Jobs that wait come in the order in which
they are taken, those that ended with the last one first.

${FILTER_NOTES}

No more than --look jobs are looked at. Where there are more, the cursor to go on with is printed on standard error; in JSON it is
"next". It is always said at how many of how many jobs the command has looked. Payloads and results are not listed: see sluice job.

Exit codes: 0 listed, 2 wrong usage, 3 Redis failed, 5 no such queue, 141 the reader of standard output has closed it. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli jobs emails
  $ npx @sluice/cli jobs emails --state dead --error SLUICE_JOB_TIMEOUT --since 2h
  $ npx @sluice/cli jobs emails --state waiting,delayed --job email.send --limit 1000
  $ npx @sluice/cli jobs emails --state dead --json | jq -r '.jobs[].id'
`;

/** `sluice jobs`: lists the jobs of a queue. */
export function addJobsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('jobs')
    .summary('list the jobs of a queue')
    .description('Lists the jobs of a queue, by state, kind, error and time.')
    .argument('<queue>', 'name of the queue');
  addRedisOptions(addListOptions(addFilterOptions(addStateOption(command))))
    .addHelpText('after', NOTES)
    .action(async (name: string, flags: JobsFlags) => {
      await listJobs(name, flags, context);
    });
}

const FIND_NOTES = `
As sluice jobs: the payloads of all jobs for which the rest of the filter holds are read, in short calls, up to --look jobs. What was
looked at is always said; where it is not all, the cursor goes on.

${FILTER_NOTES}

Exit codes: 0 some found, 2 wrong usage, 3 Redis failed, 5 no such queue, or none found. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli find emails --payload to=a@example.com --state waiting
  $ npx @sluice/cli find emails --payload to.domain=example.com --job email.send --json
`;

/** `sluice find`: finds jobs by what their payloads hold. */
export function addFindCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('find')
    .summary('find jobs by a field of their payload')
    .description('Finds the jobs of a queue that have a value at a place of their payload.')
    .argument('<queue>', 'name of the queue');
  addRedisOptions(addListOptions(addFilterOptions(addStateOption(command))))
    .addHelpText('after', FIND_NOTES)
    .action(async (name: string, flags: JobsFlags) => {
      if (!flags.payload) throw new UsageError('say what to find: --payload to=a@example.com; or use sluice jobs');
      const { jobs } = await listJobs(name, flags, context);
      if (jobs.length === 0) context.exitWith(exitCodes.notFound);
    });
}

/** Adds `--limit`, `--look` and `--cursor`. */
export function addListOptions(command: Command): Command {
  return command
    .option('--limit <n>', 'the most jobs that are listed', count(1, 10_000), 100)
    .option('--look <n>', 'the most jobs that are looked at', count(1, 10_000_000), 100_000)
    .option('--cursor <cursor>', 'go on where an earlier list ended');
}

/** Prints the jobs that match, and at how many it has looked. */
export async function listJobs(name: string, flags: JobsFlags, context: CommandContext): Promise<JobsPage> {
  let page: JobsPage = { jobs: [], next: null, looked: 0, total: 0 };
  await withQueues(flags, context, async (queues) => {
    page = await readPages(await openQueue(queues, name), flags, context.interrupted);
    const output = new Output(context.stdout);
    if (flags.json) return output.write(jsonLine({ queue: name, ...page }));
    if (page.jobs.length > 0) await output.lines(jobTable(page.jobs, Date.now()));
    context.stderr.write(noteOf(page));
  });
  return page;
}

/** A list of one page or more, each job once. */
async function readPages(queue: Admin, flags: JobsFlags, signal: AbortSignal): Promise<JobsPage> {
  const { limit, look } = flags;
  const filter = filterOf(flags);
  const all = new Map<string, ListedJob>();
  let next = flags.cursor ?? null;
  let looked = 0;
  let total = 0;
  do {
    signal.throwIfAborted();
    const rest = Math.min(limit - all.size, 1_000);
    const page = await queue.jobs({ ...filter, limit: rest, ...(next !== null && { cursor: next }) });
    for (const each of page.jobs) all.set(each.id, each);
    looked += page.looked;
    total = page.total;
    next = page.next;
  } while (next !== null && all.size < limit && looked < look);
  return { jobs: [...all.values()], next, looked, total };
}

function jobTable(listed: readonly ListedJob[], nowMs: number): string[] {
  const columns = [
    { title: 'STATE' },
    { title: 'JOB' },
    { title: 'ATTEMPTS', align: 'right' as const },
    { title: 'AGE', align: 'right' as const },
    { title: 'ID' },
    { title: 'FAILURE' },
  ];
  const rows = listed.map(({ state, heldBack, job, attempts, createdAt, endedAt, id, failure }) => [
    shownState({ state, heldBack }),
    job,
    String(attempts),
    shownAge(Math.max(0, nowMs - (endedAt ?? createdAt))),
    id,
    failure ? cut(`${failure.code}: ${failure.message}`) : '',
  ]);
  return tableLines(columns, rows);
}

const FAILURE_MAX_CHARS = 200;

function cut(text: string): string {
  return text.length > FAILURE_MAX_CHARS ? `${text.slice(0, FAILURE_MAX_CHARS)}…` : text;
}

function noteOf({ jobs: { length }, next, looked, total }: JobsPage): string {
  const listed = `${length === 0 ? 'no job' : length === 1 ? '1 job' : `${length} jobs`} listed, looked at ${looked} of ${total}`;
  return next === null ? `${listed}\n` : `${listed}; there are more: --cursor ${next}\n`;
}
