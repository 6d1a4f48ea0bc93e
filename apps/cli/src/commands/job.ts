import type { Admin, AllQueues, JobDetails } from '@sluice/queue';
import type { Command } from 'commander';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { parseJobId } from '@sluice/queue/contracts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownCrash } from '../queues/shown-crashes.ts';
import { shownState } from '../queues/shown-state.ts';
import { shownAge, shownCount, shownTime } from '../queues/shown-values.ts';
import { namedQueues } from '../queues/named-queues.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface JobFlags extends RedisFlags {
  payload?: true;
}

const NOTES = `
With an id alone, every queue is asked for it: the job is shown if one queue has it, and the queues are named if several do.
The payload is not printed without --payload, because it may be secret.

Exit codes: 0 shown, 2 wrong usage, 3 Redis failed, 5 no such queue or job. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli job emails order-17
  $ npx @sluice/cli job order-17
  $ npx @sluice/cli job emails order-17 --payload --json
`;

/** `sluice job`: shows one job. */
export function addJobCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('job')
    .summary('show one job')
    .description('Shows all that is known of one job: state, attempts, times, failure, result.')
    .argument('<queue>', 'name of the queue; with no id behind it, the id of the job')
    .argument('[id]', 'id of the job')
    .option('--payload', 'print the payload, too');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((first: string, second: string | undefined, flags: JobFlags) => showJob(first, second, flags, context));
}

interface FoundJob {
  queue: string;
  job: JobDetails;
}

async function showJob(
  first: string,
  second: string | undefined,
  flags: JobFlags,
  context: CommandContext,
): Promise<void> {
  const id = parseJobId(second ?? first);
  await withQueues(flags, context, async (queues) => {
    const { queue, job } =
      second === undefined ? await findAnywhere(queues, id) : await findIn(await openQueue(queues, first), id);
    const { payload, ...rest } = job;
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue, ...rest, ...(flags.payload && { payload }) }));
    else await output.lines(jobLines(queue, job, { withPayload: flags.payload ?? false }));
  });
}

async function findIn(queue: Admin, id: string): Promise<FoundJob> {
  const job = await queue.find(id);
  if (job) return { queue: queue.name, job };
  throw new NotFoundError(`${queue.name} keeps no job ${printable(id)}: never put, removed, or cancelled`);
}

async function findAnywhere(queues: AllQueues, id: string): Promise<FoundJob> {
  const { names, complete } = await namedQueues(queues);
  const found: FoundJob[] = [];
  for (const name of names) {
    const job = await queues.get(name).find(id);
    if (job) found.push({ queue: name, job });
  }
  const [only, another] = found;
  if (only && !another) return only;
  if (only) {
    const named = found.map(({ queue }) => queue).join(', ');
    throw new UsageError(`several queues have a job ${printable(id)}: ${named}. Name the queue, too`);
  }
  const rest = complete ? '' : ' that was looked at, of a Redis with more keys than that';
  const count = names.length === 1 ? `the only queue, ${names[0]}` : `any of ${names.length} queues`;
  const hint = names.includes(id) ? `. ${id} is a queue: give the id behind it` : '';
  throw new NotFoundError(`no job ${printable(id)} in ${count}${rest}${hint}`);
}

/** What a job's details say, a line each. @param more behind the failure and the crashes */
export function jobLines(
  queue: string,
  job: JobDetails,
  { withPayload, more = [] }: { withPayload: boolean; more?: readonly [string, string][] },
): string[] {
  const { createdAt, startedAt, endedAt } = job;
  const lines: [string, string][] = [
    ['queue', queue],
    ['id', job.id],
    ['job', job.job],
    ['state', shownState(job)],
    ['attempts', `${job.attempts} of ${job.attemptsMax}`],
    ['put', shownTime(createdAt)],
  ];
  if (job.priority !== null) lines.push(['priority', String(job.priority)]);
  if (job.heldBack)
    lines.push(['due', 'when the limit of its contract lets it start (see sluice limits and sluice why)']);
  if (job.dueAt !== null) lines.push(['due', shownTime(job.dueAt)]);
  if (startedAt !== null) lines.push(['started', shownTime(startedAt)]);
  if (endedAt !== null) {
    const took = startedAt === null ? '' : `, ${shownAge(Math.max(0, endedAt - startedAt))} after its last start`;
    lines.push(['ended', `${shownTime(endedAt)}${took}`]);
  }
  if (job.expiresAt !== null) lines.push(['expires', shownTime(job.expiresAt)]);
  if (job.failure) lines.push(['failure', `${job.failure.code}: ${job.failure.message}`]);
  for (const [index, crash] of job.crashes.entries()) lines.push([index === 0 ? 'crashes' : '', shownCrash(crash)]);
  lines.push(...more);
  if (job.progress !== null) lines.push(['progress', JSON.stringify(job.progress)]);
  if (job.result !== undefined) lines.push(['result', JSON.stringify(job.result)]);
  const size = `${shownCount(job.payloadBytes)} bytes`;
  lines.push(['payload', withPayload ? JSON.stringify(job.payload) : `${size} (shown with --payload)`]);
  const width = Math.max(...lines.map(([title]) => title.length));
  return lines.map(([title, text]) => `${title.padEnd(width)}  ${printable(text)}`);
}
