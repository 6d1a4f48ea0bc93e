import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { RedisUnavailableError } from '@sluice/queue/contracts';
import { formatDuration } from '@sluice/service';
import { UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { connectQueues, openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownTime } from '../queues/shown-values.ts';
import { unlessAborted } from '../until-aborted.ts';
import { historyLines } from '../status/history-lines.ts';
import { StatusReader, type StatusLook } from '../status/queue-status.ts';
import { Screen } from '../status/screen.ts';
import { statusBlock, statusTable } from '../status/status-lines.ts';
import type { CommandContext } from './command-context.ts';
import { duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface StatusFlags extends RedisFlags {
  watch?: true;
  every?: number;
  history?: true;
  since?: number;
  job?: string;
}

const EVERY_MS = 1_000;

const NOTES = `
Without a queue, all queues under the prefix are shown, as far as a search over 2,000,000 keys finds them. A look costs Redis the
same however many jobs a queue holds. PRODUCERS WAIT counts producers in all processes that wait for capacity, and their puts;
POOLS counts the worker pools that serve the queue. PUT is known from the second look on.

--history shows what happened in the last hour, or --since: lines of bars, then a row for each minute at which something happened (ten
minutes from two hours on, an hour from a day on), the sum, and each contract. Counts are some seconds late.

--watch looks again and again until Ctrl-C, which ends it with 0: on a terminal in place, else as a table a look, or with --json as
one line a look. While Redis is away it says so, and goes on.

Exit codes: 0 shown, 2 wrong usage, 3 Redis failed, 5 no such queue, 141 the reader of standard output has closed it. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli status
  $ npx @sluice/cli status emails --watch
  $ npx @sluice/cli status --watch --every 10s --json >> status.ndjson
  $ npx @sluice/cli status emails --history --since 24h
`;

/** `sluice status`: shows one queue, or all. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('status')
    .summary('show depth, capacity, waiting producers, rates and workers')
    .description('Shows how full queues are, who waits, how fast they move, and how many worker pools serve them.')
    .argument('[queue]', 'name of the queue; all of them without it')
    .option('--watch', 'look again and again')
    .option(
      '--every <duration>',
      `with --watch: how often (default: ${formatDuration(EVERY_MS)})`,
      duration(100, 3_600_000),
    )
    .option('--history', 'show what happened to the jobs of one queue, minute by minute')
    .option(
      '--since <duration>',
      'with --history: how far back, up to 72h (default: 1h)',
      duration(60_000, 259_200_000),
    )
    .option('--job <name>', 'with --history: only the jobs of this contract');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string | undefined, flags: StatusFlags) => status(name, flags, context));
}

async function status(name: string | undefined, flags: StatusFlags, context: CommandContext): Promise<void> {
  if (flags.history) return history(name, flags, context);
  if (flags.since !== undefined || flags.job !== undefined) throw new UsageError('--since and --job go with --history');
  if (flags.watch) return watch(name, flags, context);
  if (flags.every !== undefined) throw new UsageError('--every goes with --watch');
  await withQueues(flags, context, async (queues) => {
    const look = await new StatusReader(queues, name).look();
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine(jsonOf(look, name)));
    else await output.lines(linesOf(look, name));
  });
}

async function history(
  name: string | undefined,
  { since, job, json, watch, every, ...flags }: StatusFlags,
  context: CommandContext,
): Promise<void> {
  if (name === undefined) throw new UsageError('--history shows one queue: name it');
  if (watch || every !== undefined) throw new UsageError('--history goes without --watch and --every');
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const options = {
      ...(since !== undefined && { since: Date.now() - since }),
      ...(job !== undefined && { job }),
    };
    const found = await queue.history(options);
    const output = new Output(context.stdout);
    if (json) await output.write(jsonLine({ queue: name, ...found }));
    else await output.lines(historyLines(name, found));
  });
}

/** What a look of a watch found: the queues, or that Redis is away. */
type Watched = StatusLook | { at: number; error: { code: string; message: string } };

async function watch(name: string | undefined, flags: StatusFlags, context: CommandContext): Promise<void> {
  const { interrupted } = context;
  const queues = await unlessAborted(connectQueues(flags, context), interrupted);
  if (!queues) return;
  await using _open = queues;
  const reader = new StatusReader(queues, name);
  const everyMs = flags.every ?? EVERY_MS;
  using shown = showerOf(name, flags, context);
  while (!interrupted.aborted) {
    const look = await unlessAborted(lookOrReport(reader), interrupted);
    if (look) await shown.show(look);
    await sleep(everyMs, undefined, { signal: interrupted }).catch(() => undefined);
  }
  context.exitWith(exitCodes.done);
}

/** How the looks of a watch are shown: in place, or one below the other. */
interface Shower extends Disposable {
  show(look: Watched): Promise<void>;
}

function showerOf(name: string | undefined, flags: StatusFlags, { stdout }: CommandContext): Shower {
  const output = new Output(stdout);
  const textOf = (look: Watched): string[] => [shownTime(look.at), ...linesOf(look, name)];
  if (flags.json) {
    return {
      show: (look) => output.write(jsonLine('error' in look ? look : jsonOf(look, name))),
      [Symbol.dispose]: () => undefined,
    };
  }
  if (!stdout.isTTY) {
    return { show: (look) => output.lines([...textOf(look), '']), [Symbol.dispose]: () => undefined };
  }
  const screen = new Screen(stdout);
  const title = `sluice status, every ${formatDuration(flags.every ?? EVERY_MS)}; Ctrl-C ends it`;
  return {
    show: async (look) => screen.draw([title, ...textOf(look)]),
    [Symbol.dispose]: () => screen[Symbol.dispose](),
  };
}

async function lookOrReport(reader: StatusReader): Promise<Watched> {
  try {
    return await reader.look();
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    return { at: Date.now(), error: { code: error.code, message: error.message } };
  }
}

function linesOf(look: Watched, name: string | undefined): string[] {
  if ('error' in look) return [printable(look.error.message)];
  const [only] = look.queues;
  return name !== undefined && only ? statusBlock(only) : statusTable(look);
}

/** Of one queue that was asked for by its name, its fields; else a list. */
function jsonOf({ at, queues, complete }: StatusLook, name: string | undefined): object {
  return name === undefined ? { at, queues, complete } : { at, ...queues[0] };
}
