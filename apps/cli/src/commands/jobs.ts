import { jobSnapshotStates, type Admin, type JobSnapshotState, type JobsPage, type ListedJob } from '@sluice/queue';
import { didYouMean } from '@sluice/queue/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { parseDuration } from '@sluice/service';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownAge } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface JobsFlags extends RedisFlags {
  state?: JobSnapshotState[];
  job?: string;
  error?: string;
  since?: number;
  limit: number;
  look: number;
  cursor?: string;
}

const NOTES = `
States, in the order of the list: ${jobSnapshotStates.join(', ')}. Jobs that wait come in the order in which
they are taken, those that ended with the last one first. --error takes a code, such as SLUICE_JOB_TIMEOUT, or a part of a message.
--since takes a duration back from now, such as 90s, 15m, 2h or 7d, or a time, such as 2026-11-27T14:00:00Z; it is compared with
the end of a job, or with its put while it has not ended.

No more than --look jobs are looked at. Where there are more, the cursor to go on with is printed on standard error; in JSON it is
"next". Payloads and results are not listed: see sluice job.

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
    .argument('<queue>', 'name of the queue')
    .option('--state <states>', 'only these states, with commas between them', readStates)
    .option('--job <name>', 'only jobs of this kind')
    .option('--error <text>', 'only jobs whose last failure has this code, or this text in its message')
    .option('--since <time>', 'only what ended, or was put, at this time or later', readSince)
    .option('--limit <n>', 'the most jobs that are listed', count(1, 10_000), 100)
    .option('--look <n>', 'the most jobs that are looked at', count(1, 10_000_000), 100_000)
    .option('--cursor <cursor>', 'go on where an earlier list ended');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, flags: JobsFlags) => jobs(name, flags, context));
}

async function jobs(name: string, flags: JobsFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const page = await readPages(await openQueue(queues, name), flags, context.interrupted);
    const output = new Output(context.stdout);
    if (flags.json) return output.write(jsonLine({ queue: name, ...page }));
    if (page.jobs.length > 0) await output.lines(jobTable(page.jobs, Date.now()));
    context.stderr.write(noteOf(page));
  });
}

/** A list of one page or more, each job once. */
async function readPages(queue: Admin, flags: JobsFlags, signal: AbortSignal): Promise<JobsPage> {
  const { state, job, error, since, limit, look } = flags;
  const filter = {
    ...(state && { state }),
    ...(job !== undefined && { job }),
    ...(error !== undefined && { error }),
    ...(since !== undefined && { since }),
  };
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
  const rows = listed.map(({ state, job, attempts, createdAt, endedAt, id, failure }) => [
    state,
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
  const listed = `${length === 0 ? 'no job' : length === 1 ? '1 job' : `${length} jobs`} listed`;
  return next === null
    ? `${listed}\n`
    : `${listed}, looked at ${looked} of ${total}; there are more: --cursor ${next}\n`;
}

function readStates(text: string): JobSnapshotState[] {
  return text.split(',').map((part) => {
    const name = part.trim();
    const state = jobSnapshotStates.find((known) => known === (name === 'failed' ? 'dead' : name));
    if (state) return state;
    const meant = didYouMean(name, jobSnapshotStates);
    throw new InvalidArgumentError(
      `${name.slice(0, 50)} is no state${meant === null ? '.' : `; did you mean ${meant}?`} There are ${jobSnapshotStates.join(', ')}.`,
    );
  });
}

function readSince(text: string): number {
  const backMs = /[a-z]$/.test(text.trim()) ? parseDuration(text) : null;
  if (backMs !== null) return Date.now() - backMs;
  const time = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError(
    'It must be a duration back from now, such as 15m or 2h, or a time, such as 2026-11-27T14:00:00Z.',
  );
}
