import type { CrashSuspect, FoundPoison, PoisonReport } from '@sluice/queue';
import type { Command } from 'commander';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownCrash } from '../queues/shown-crashes.ts';
import { suspectWaits } from '../queues/shown-reasons.ts';
import { shownAge, shownTime } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface PoisonFlags extends RedisFlags {
  limit: number;
}

const NOTES = `
When a process dies, the jobs that ran there are suspects: they run again in groups, each alone in a process, until the one
that ended it is alone. That one becomes a dead letter when it has crashed four processes alone (SLUICE_JOB_CRASHED); no other
job is ever dead for it. Suspects are listed in the order in which their groups are tried.

Exit codes: 0 shown, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli poison emails
  $ npx @sluice/cli poison emails --limit 10 --json
`;

/** `sluice poison`: shows which jobs may end their workers, and which do. */
export function addPoisonCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('poison')
    .summary('show jobs that end their workers, and suspects')
    .description('Shows crash suspects and what they wait for, and the jobs that were found to end their workers.')
    .argument('<queue>', 'name of the queue')
    .option('--limit <n>', 'the most suspects, and the most jobs that were found', count(1, 1_000), 100);
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, flags: PoisonFlags) => showPoison(name, flags, context));
}

async function showPoison(name: string, flags: PoisonFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const report = await queue.poison.report({ limit: flags.limit });
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, ...report }));
    else await output.lines(poisonLines(report, Date.now()));
  });
}

function poisonLines(report: PoisonReport, nowMs: number): string[] {
  const { suspects, waiting, guilty } = report;
  const lines = suspects.length === 0 ? ['no crash suspects'] : suspectLines(suspects, nowMs);
  const left = waiting - suspects.filter(({ state }) => state === 'waiting').length;
  if (left > 0) lines.push(`and ${left} more`);
  if (report.makeWayAt !== null) lines.push('', makeWayText(report.makeWayAt, nowMs));
  const where = report.looked < report.dead ? ` among the last ${report.looked} of ${report.dead}` : '';
  if (guilty.length === 0) return [...lines, '', `no dead letter that ended its workers${where}`];
  return [...lines, '', `ended their workers, and are dead letters${where}:`, ...guilty.flatMap(guiltyLines)];
}

function suspectLines(suspects: readonly CrashSuspect[], nowMs: number): string[] {
  const columns = [
    { title: 'TURN', align: 'right' as const },
    { title: 'OF GROUP', align: 'right' as const },
    { title: 'JOB' },
    { title: 'SINCE', align: 'right' as const },
    { title: 'CRASHES', align: 'right' as const },
    { title: 'ID' },
    { title: 'WAITS FOR' },
  ];
  const rows = suspects.map(({ turn, groupSize, job, suspectedAt, crashes, id, waitsFor }) => [
    turn === 0 ? 'runs' : String(turn),
    String(groupSize),
    job,
    shownAge(Math.max(0, nowMs - suspectedAt)),
    String(crashes.length),
    id,
    waitsFor === null ? 'its end' : suspectWaits[waitsFor],
  ]);
  return tableLines(columns, rows);
}

function makeWayText(atMs: number, nowMs: number): string {
  const when = atMs <= nowMs ? 'now' : `from ${shownTime(atMs)} on`;
  return `where no process is idle, a busy pool makes way for them ${when}`;
}

function guiltyLines({ id, job, endedAt, crashes }: FoundPoison): string[] {
  const head = `${shownTime(endedAt)}  ${job}  ${id}`;
  return [printable(head), ...crashes.map((crash) => `  ${printable(shownCrash(crash))}`)];
}
