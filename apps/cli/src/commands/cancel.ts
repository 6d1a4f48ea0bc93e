import type { CancelOutcome } from '@sluice/queue';
import type { Command } from 'commander';
import { parseJobId } from '@sluice/queue/contracts';
import { NotFoundError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';
import { duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface CancelFlags extends RedisFlags {
  wait: number;
  reason?: string;
}

const NOTES = `
A job that waits is removed. The signal of one that runs is aborted; once its worker has confirmed that, the job is dead, with the code
SLUICE_JOB_CANCELLED. A handler that does not listen loses its slot after its grace. A cancel never hits a later job of the same id.

Exit codes: 0 removed or aborted, 1 too late, refused or not confirmed, 2 wrong usage, 3 Redis failed, 5 no such queue or job.
${REDIS_NOTES}

Examples:
  $ npx @sluice/cli cancel emails order-17
  $ npx @sluice/cli cancel emails order-17 --reason 'sent twice' --wait 30s
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
    .summary('cancel a job that waits or runs')
    .description('Takes a job back that waits, or has its worker stop it, and says what became of that.')
    .argument('<queue>', 'name of the queue')
    .argument('<id>', 'id of the job')
    .option('--wait <duration>', 'how long its worker may take, if it runs', duration(0, 86_400_000), 10_000)
    .option('--reason <text>', 'why, for its handler and its dead letter');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, id: string, flags: CancelFlags) => cancelOne(name, parseJobId(id), flags, context));
}

async function cancelOne(name: string, id: string, flags: CancelFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const { wait, reason } = flags;
    const outcome = await queue.cancel(id, { waitMs: wait, ...(reason !== undefined && { reason }) });
    if (outcome === 'unknown')
      throw new NotFoundError(`${name} keeps no job ${printable(id)}: never put, removed, or cancelled`);
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, id, outcome }));
    else await output.lines([`${printable(id)} ${SENTENCES[outcome]}`]);
    if (outcome !== 'removed' && outcome !== 'aborted') context.exitWith(exitCodes.someFailed);
  });
}
