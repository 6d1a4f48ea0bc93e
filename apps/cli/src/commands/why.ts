import type { JobExplanation, JobTransition } from '@sluice/queue';
import { parseJobId } from '@sluice/queue/contracts';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownReason } from '../queues/shown-reasons.ts';
import { shownAge, shownCount } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const NOTES = `
Prints the reasons first, what holds the job first; then where it runs, and every step of its life that Redis still knows. Also
answers for an id that no job has, with exit code 5. A put that waits for capacity has no id in Redis: it is counted in what is said of the full queue.

Exit codes: 0 shown, 2 wrong usage, 3 Redis failed, 5 no such queue or job. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli why emails order-17
  $ npx @sluice/cli why emails order-17 --json | jq '.reasons'
`;

/** `sluice why`: explains why a job does not run. */
export function addWhyCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('why')
    .summary('explain why a job does not run')
    .description('Explains why a job does not run, or where it runs, and shows its life.')
    .argument('<queue>', 'name of the queue')
    .argument('<id>', 'id of the job');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, id: string, flags: RedisFlags) => explain(name, id, flags, context));
}

async function explain(name: string, given: string, flags: RedisFlags, context: CommandContext): Promise<void> {
  const id = parseJobId(given);
  await withQueues(flags, context, async (queues) => {
    const explanation = await (await openQueue(queues, name)).why(id);
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, ...explanation }));
    else await output.lines(explanationLines(name, explanation));
    if (explanation.state === 'unknown') context.exitWith(exitCodes.notFound);
  });
}

function explanationLines(queue: string, explanation: JobExplanation): string[] {
  const { id, job, state, reasons, transitions, isWhole, events } = explanation;
  const lines = [`${job === null ? '' : `${job} `}${id} in ${queue}: ${state}`];
  if (reasons.length > 0) lines.push('', 'what it waits for:', ...reasons.map((reason) => `  ${shownReason(reason)}`));
  lines.push(...runLines(explanation));
  const steps = isWhole ? '' : ` (${missing[events]})`;
  if (transitions.length === 0) return [...lines, '', `no step of its life is known${steps}`].map(printable);
  return [...lines.map(printable), '', `its life${steps}:`, ...tableLines(columns, transitions.map(row))];
}

/** Why steps may be missing, by what the queue writes. */
const missing: Record<JobExplanation['events'], string> = {
  all: 'older events are gone',
  ended: 'the queue writes no events but of ends: what was between is not known',
  none: 'the queue writes no events: what was between is not known',
};

function runLines({ running, attempts, failure, logs }: JobExplanation): string[] {
  const lines: string[] = [];
  if (running) {
    const { worker, delivery, fencingToken, leaseMs } = running;
    const token = fencingToken === null ? '' : `, fencing token ${fencingToken}`;
    lines.push(
      '',
      `runs on ${worker ?? 'an unknown worker'}: delivery ${delivery}${token}, lease ${shownAge(leaseMs)}`,
    );
  }
  const { made, most, deliveries, counted } = attempts;
  if (deliveries > 0) {
    const crashes = counted > 0 ? `, ${shownCount(counted)} of its workers' ends counted against it` : '';
    lines.push(
      '',
      `attempts ended: ${made} of ${most}; taken ${shownCount(deliveries)} times${crashes}; ${logs} log lines`,
    );
  }
  if (failure) lines.push(`last failure: ${failure.code}: ${failure.message}`);
  return lines;
}

const columns = [{ title: 'TIME' }, { title: 'EVENT' }, { title: 'FROM' }, { title: 'WORKER' }, { title: 'NOTE' }];

function row({ at, event, from, worker, fencingToken, note }: JobTransition): string[] {
  const token = fencingToken === null ? null : `fencing token ${fencingToken}`;
  return [new Date(at).toISOString(), event, from ?? '-', worker ?? '-', note ?? token ?? ''];
}
