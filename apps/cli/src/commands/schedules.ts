import type { Admin, Schedule } from '@sluice/queue';
import { type CatchUp, limits, OptionError, type ScheduleOptions, scheduleLimits } from '@sluice/queue/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { formatDuration } from '@sluice/service';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { contractOfApp, contractOfGuest } from '../put/put-target.ts';
import { readPayload } from '../put/read-payload.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownCount } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const NOTES = `
A schedule is one of BullMQ's job schedulers. With --every, times are counted from 1970 in UTC, or from --start. The same set again changes
nothing. docs/operations.md says what happens when clocks change, when no worker is there in time, and when a job is still running.

Exit codes: 0 done, 2 wrong usage or payload, 3 Redis failed, 5 no such queue or schedule, 6 the queue is full. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli schedules set emails daily email.send '{"to":"a@example.com"}' --cron '0 9 * * *' --time-zone Europe/Berlin
  $ npx @sluice/cli schedules set emails poll email.send '{"to":"a@example.com"}' --every 5m --catch-up skip
  $ npx @sluice/cli schedules list emails
  $ npx @sluice/cli schedules next emails daily --count 3
`;

interface SetFlags extends RedisFlags {
  cron?: string;
  timeZone?: string;
  every?: number;
  jitter?: number;
  start?: Date;
  end?: Date;
  catchUp?: CatchUp;
  overlap?: true;
  attempts?: number;
  priority?: number;
  timeout?: number;
  app?: string;
}

/** `sluice schedules`: jobs that come again and again. */
export function addSchedulesCommand(program: Command, context: CommandContext): void {
  const schedules = program
    .command('schedules')
    .summary('list and set jobs that come again and again')
    .description('Schedules of a queue: jobs that come again and again.')
    .addHelpText('after', NOTES);
  const add = (name: string, summary: string): Command =>
    addRedisOptions(schedules.command(name).summary(summary).description(`${summary}.`))
      .argument('<queue>', 'name of the queue')
      .addHelpText('after', NOTES);

  add('list', 'List the schedules, by their next time').action((queue: string, flags: RedisFlags) =>
    list(queue, flags, context),
  );
  addSetOptions(
    add('set', 'Make a schedule, or replace the one of this name')
      .argument('<name>', 'name of the schedule')
      .argument('<job>', 'kind of its jobs: the name of their contract')
      .argument('<payload>', 'payload of each job, JSON'),
  ).action((queue: string, name: string, job: string, payload: string, flags: SetFlags) =>
    set({ queue, name, job, payload }, flags, context),
  );
  const changes = [
    ['pause', 'Leave out the jobs of a schedule until it is resumed'],
    ['resume', 'Let a paused schedule go on'],
    ['remove', 'Remove a schedule and its next job'],
  ] as const;
  for (const [action, summary] of changes) {
    add(action, summary)
      .argument('<name>', 'name of the schedule')
      .action((queue: string, name: string, flags: RedisFlags) => change(action, queue, name, flags, context));
  }
  add('next', 'Print when the next jobs of a schedule are due')
    .argument('<name>', 'name of the schedule')
    .option('--count <n>', 'how many', count(1, 1_000), 5)
    .action((queue: string, name: string, flags: RedisFlags & { count: number }) => next(queue, name, flags, context));
}

function addSetOptions(command: Command): Command {
  const { everyMinMs, everyMaxMs, jitterMaxMs } = scheduleLimits;
  return command
    .option('--cron <expression>', 'five fields, or six with seconds, or @daily and the like')
    .option('--time-zone <name>', 'of the cron expression, such as Europe/Berlin or UTC')
    .option('--every <duration>', 'instead of --cron: such as 30s or 2h', duration(everyMinMs, everyMaxMs))
    .option('--jitter <duration>', 'start up to this much later, at random', duration(0, jitterMaxMs))
    .option('--start <time>', 'earliest time of a job, such as 2027-01-01T00:00:00Z', time)
    .option('--end <time>', 'latest time of a job', time)
    .option('--catch-up <policy>', 'what was missed: skip, one, or the last n (default: one)', catchUp)
    .option('--overlap', 'start while an earlier one has not ended')
    .option('--attempts <n>', 'how often each job may be tried', count(1, limits.attemptsMax))
    .option('--priority <n>', '1 is most urgent; none comes before all', count(1, limits.priorityMax))
    .option('--timeout <duration>', 'deadline of each attempt', duration(1, 86_400_000))
    .option('--app <module>', 'app module that defines the queue: its contract checks the payload');
}

async function list(name: string, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueue(name, flags, context, async (queue, output) => {
    const schedules = await queue.schedules.list();
    if (flags.json) return output.write(jsonLine({ queue: name, schedules }));
    await output.lines(
      schedules.length === 0 ? [`${name} has no schedule`] : tableLines(COLUMNS, schedules.map(rowOf)),
    );
  });
}

interface Wanted {
  queue: string;
  name: string;
  job: string;
  payload: string;
}

async function set(
  { queue: queueName, name, job, payload }: Wanted,
  flags: SetFlags,
  context: CommandContext,
): Promise<void> {
  const { cron, timeZone, every, app } = flags;
  if ((cron === undefined) === (every === undefined)) throw new UsageError('give either --cron or --every');
  if (cron !== undefined && timeZone === undefined) {
    throw new UsageError('--cron needs a --time-zone, such as Europe/Berlin or UTC');
  }
  const cadence = every === undefined ? { cron: cron ?? '', timeZone: timeZone ?? '' } : { everyMs: every };
  const value = readPayload(payload);
  const contract = app === undefined ? contractOfGuest(job) : (await contractOfApp(app, queueName, job)).job;
  await withQueue(queueName, flags, context, async (queue, output) => {
    const options = { ...optionsOf(flags), asGuest: app === undefined };
    const status = await queue.schedules.set(name, contract, value, cadence, options).catch(asUsage);
    const [at] = await queue.schedules.next(name);
    const text = `${status} ${name}${at ? `: next at ${at.toISOString()}` : ''}\n`;
    await output.write(flags.json ? jsonLine({ queue: queueName, name, status, next: at ?? null }) : text);
  });
}

function optionsOf({
  jitter,
  start,
  end,
  catchUp: policy,
  overlap,
  attempts,
  priority,
  timeout,
}: SetFlags): ScheduleOptions {
  return {
    ...(jitter !== undefined && { jitterMs: jitter }),
    ...(start !== undefined && { startAt: start }),
    ...(end !== undefined && { endAt: end }),
    ...(policy !== undefined && { catchUp: policy }),
    ...(overlap !== undefined && { overlap }),
    ...(attempts !== undefined && { attempts }),
    ...(priority !== undefined && { priority }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
  };
}

async function change(
  action: 'pause' | 'resume' | 'remove',
  queueName: string,
  name: string,
  flags: RedisFlags,
  context: CommandContext,
): Promise<void> {
  await withQueue(queueName, flags, context, async (queue, output) => {
    if (!(await queue.schedules[action](name))) throw notFound(queueName, name);
    const done = { pause: 'paused', resume: 'resumed', remove: 'removed' }[action];
    await output.write(flags.json ? jsonLine({ queue: queueName, name, status: done }) : `${done} ${name}\n`);
  });
}

async function next(
  queueName: string,
  name: string,
  flags: RedisFlags & { count: number },
  context: CommandContext,
): Promise<void> {
  await withQueue(queueName, flags, context, async (queue, output) => {
    const schedule = await queue.schedules.get(name);
    if (!schedule) throw notFound(queueName, name);
    const times = (await queue.schedules.next(name, flags.count)).map((at) => at.toISOString());
    if (flags.json) await output.write(jsonLine({ queue: queueName, name, state: schedule.state, next: times }));
    else
      await output.lines(
        schedule.state === 'paused' ? [...times, 'paused: none of them runs until it is resumed'] : times,
      );
  });
}

async function withQueue(
  name: string,
  flags: RedisFlags,
  context: CommandContext,
  use: (queue: Admin, output: Output) => Promise<void>,
): Promise<void> {
  await withQueues(flags, context, async (queues) => use(await openQueue(queues, name), new Output(context.stdout)));
}

function notFound(queue: string, name: string): NotFoundError {
  return new NotFoundError(`the queue ${queue} has no schedule ${printable(name.slice(0, 100))}`);
}

/** What is wrong with an option was typed. */
function asUsage(error: unknown): never {
  throw error instanceof OptionError ? new UsageError(error.message, { cause: error }) : error;
}

const COLUMNS = [
  { title: 'SCHEDULE' },
  { title: 'JOB' },
  { title: 'WHEN' },
  { title: 'STATE' },
  { title: 'NEXT' },
  { title: 'RUNS', align: 'right' },
  { title: 'LEFT OUT', align: 'right' },
  { title: 'SET BY' },
] as const;

function rowOf({ name, job, cadence, state, nextMs, runs, overlapped, missed, setBy }: Schedule): string[] {
  const when = 'cron' in cadence ? `${cadence.cron} (${cadence.timeZone})` : `every ${formatDuration(cadence.everyMs)}`;
  const at = nextMs === null ? '-' : new Date(nextMs).toISOString();
  return [name, job, when, state, at, shownCount(runs), shownCount(overlapped + missed), setBy];
}

function time(text: string): Date {
  const at = new Date(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(at.getTime())) return at;
  throw new InvalidArgumentError('It must be a time with its zone, such as 2027-01-01T00:00:00Z.');
}

function catchUp(text: string): CatchUp {
  if (text === 'skip' || text === 'one') return text;
  const all = Number(text);
  if (/^\d+$/.test(text) && all >= 1 && all <= scheduleLimits.catchUpMax) return { all };
  throw new InvalidArgumentError(`It must be skip, one, or a whole number from 1 to ${scheduleLimits.catchUpMax}.`);
}
