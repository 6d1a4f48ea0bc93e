import type { DeadLetterDetails } from '@sluice/queue';
import { parseJobId } from '@sluice/queue/contracts';
import type { Command } from 'commander';
import { NotFoundError } from '../cli-errors.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownTime } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { jobLines } from './job.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface ShowFlags extends RedisFlags {
  payload?: true;
  stacks?: true;
}

const NOTES = `
The last ten attempts that failed are kept, those before a replay too. The payload is not printed without --payload, because it may be
secret.

Exit codes: 0 shown, 2 wrong usage, 3 Redis failed, 5 no such queue, or no such dead letter. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dead show emails order-17
  $ npx @sluice/cli dead show emails order-17 --stacks --json
`;

/** `sluice dead show`: one dead letter, with its attempts. */
export function addDeadShowCommand(dead: Command, context: CommandContext): void {
  const command = dead
    .command('show')
    .summary('show why a job is dead')
    .description(
      'Shows one dead letter: why it died, its attempts with their errors and times, its last worker, its replays.',
    )
    .argument('<queue>', 'name of the queue')
    .argument('<id>', 'id of the job')
    .option('--payload', 'print the payload, too')
    .option('--stacks', 'print stack traces, too');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, id: string, flags: ShowFlags) => showDead({ name, id: parseJobId(id) }, flags, context));
}

async function showDead(
  { name, id }: { name: string; id: string },
  flags: ShowFlags,
  context: CommandContext,
): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const letter = await queue.deadLetters.find(id);
    if (!letter)
      throw new NotFoundError(`${name} has no dead letter ${printable(id)}: see sluice job ${name} ${printable(id)}`);
    const { payload, stacks, ...rest } = letter;
    const output = new Output(context.stdout);
    if (!flags.json) return output.lines(deadLines(name, letter, flags));
    await output.write(
      jsonLine({ queue: name, ...rest, ...(flags.stacks && { stacks }), ...(flags.payload && { payload }) }),
    );
  });
}

function deadLines(queue: string, letter: DeadLetterDetails, flags: ShowFlags): string[] {
  const { worker, deliveries, replays, failedAttempts, stacks } = letter;
  const more: [string, string][] = [
    ['worker', worker === null ? 'none took it' : `${worker}, the last of ${deliveries} deliveries`],
  ];
  if (replays.count > 0) {
    const before = replays.lastDeath ? `, dead before by ${replays.lastDeath.code}: ${replays.lastDeath.message}` : '';
    more.push(['replays', `${replays.count}, the last ${shownTime(replays.lastAt)}${before}`]);
  }
  const lines = jobLines(queue, letter, { withPayload: flags.payload ?? false, more });
  if (failedAttempts.length > 0) lines.push('', ...attemptLines(letter));
  if (flags.stacks) lines.push(...stacks.flatMap((stack) => ['', ...stack.split('\n').map(printable)]));
  return lines;
}

function attemptLines({ failedAttempts }: DeadLetterDetails): string[] {
  const columns = [
    { title: 'DELIVERY', align: 'right' as const },
    { title: 'ATTEMPT', align: 'right' as const },
    { title: 'FAILED' },
    { title: 'WORKER' },
    { title: 'ERROR' },
  ];
  const rows = failedAttempts.map(({ delivery, attempt, at, worker, code, message }) => [
    String(delivery),
    String(attempt),
    shownTime(at),
    worker,
    `${code}: ${message}`,
  ]);
  return tableLines(columns, rows);
}
