import type { ContractLimits, QueueLimits, RateLimit, SetLimitsOptions } from '@sluice/queue';
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownCount } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const NOTES = `
Without other options it shows the limits and how far they are used. Limits hold for all processes, at once. Each attempt counts as
a start. Those of the queue are BullMQ's, and its Workers keep them too; those of a contract are kept by Sluice's pools alone.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli limits emails
  $ npx @sluice/cli limits emails --running 50 --rate 100/s
  $ npx @sluice/cli limits emails --job email.send --running none
  $ npx @sluice/cli limits emails --job email.send --clear --json
`;

interface LimitsFlags extends RedisFlags {
  job?: string;
  running?: number | 'none';
  rate?: RateLimit | 'none';
  clear?: true;
}

/** `sluice limits`: shows or sets how many jobs run at once and start in a time. */
export function addLimitsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('limits')
    .summary('show or set how many jobs run at once and start in a time')
    .description('Shows the limits of a queue, or sets those of the queue or of one contract for all processes.')
    .argument('<queue>', 'name of the queue')
    .option('--job <name>', 'the contract whose limits are set (default: those of the whole queue)')
    .option('--running <n>', 'how many may run at once in the whole fleet, or none', running)
    .option('--rate <n/time>', 'how many may start in a time: 100/s, 5/min, 1000/h, 20/500ms, or none', rate)
    .option('--clear', 'take these limits away');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, flags: LimitsFlags) => limits(name, flags, context));
}

async function limits(name: string, flags: LimitsFlags, context: CommandContext): Promise<void> {
  const { job, running, rate, clear, json } = flags;
  const of = job === undefined ? {} : { job };
  const change: SetLimitsOptions = {
    ...of,
    ...(running !== undefined && { running: running === 'none' ? null : running }),
    ...(rate !== undefined && { rate: rate === 'none' ? null : rate }),
  };
  const changes = running !== undefined || rate !== undefined;
  if (clear && changes) throw new UsageError('--clear takes all limits away: it goes without --running and --rate');
  if (job !== undefined && !clear && !changes) throw new UsageError('--job needs --running, --rate or --clear');
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    if (clear) await queue.limits.clear(of);
    if (changes) await queue.limits.set(change);
    const now = await queue.limits.get();
    const output = new Output(context.stdout);
    if (json) await output.write(jsonLine({ queue: name, ...now }));
    else await output.lines(limitLines(name, now));
  });
}

const COLUMNS = [
  { title: 'JOB' },
  { title: 'RUNNING', align: 'right' },
  { title: 'AT MOST', align: 'right' },
  { title: 'RATE', align: 'right' },
  { title: 'HELD BACK', align: 'right' },
  { title: 'PAUSED' },
] as const;

function limitLines(name: string, { jobs, ...queue }: QueueLimits): string[] {
  const contracts = Object.entries(jobs).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const whole: ContractLimits = { ...queue, paused: false };
  const rows = [
    [`all of ${name}`, whole] as const,
    ...contracts.map(([job, contract]) => [job, contract] as const),
  ].map(([job, { active, running, rate, heldBack, paused }]) => [
    job,
    active === null ? '-' : shownCount(active),
    running === null ? 'no limit' : shownCount(running),
    rate === null ? 'no limit' : shownLimit(rate),
    shownCount(heldBack),
    paused ? 'yes' : '',
  ]);
  return tableLines(COLUMNS, rows);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, m: 60_000, h: 3_600_000 };

function shownLimit({ jobs, perMs }: RateLimit): string {
  const [unit, ms] = Object.entries(UNITS)
    .toReversed()
    .find(([, length]) => perMs % length === 0) ?? ['ms', 1];
  return `${shownCount(jobs)}/${perMs === ms ? '' : perMs / ms}${unit}`;
}

function running(text: string): number | 'none' {
  if (text === 'none') return text;
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000_000) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 1,000,000, or none.');
}

function rate(text: string): RateLimit | 'none' {
  if (text === 'none') return text;
  const [, jobs, count = '1', unit = ''] = /^(\d+)\/(\d+)?(ms|s|min|m|h)$/.exec(text) ?? [];
  const limit = { jobs: Number(jobs), perMs: Number(count) * (UNITS[unit] ?? 0) };
  const isInRange = limit.jobs >= 1 && limit.jobs <= 1_000_000 && limit.perMs >= 1 && limit.perMs <= 86_400_000;
  if (isInRange) return limit;
  throw new InvalidArgumentError(
    'It must be a number of jobs and a time, such as 100/s, 5/min, 1000/h or 20/500ms, or none.',
  );
}
