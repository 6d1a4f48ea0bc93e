import type { Admin } from '@sluice/queue';
import type { Command } from 'commander';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface QueueSwitch {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly done: string;
  readonly turn: (queue: Admin) => Promise<void>;
}

const switches: readonly QueueSwitch[] = [
  {
    name: 'seal',
    summary: 'refuse new jobs',
    description:
      'Refuses new jobs from every client, those that wait for capacity too. Jobs that are in the queue go on, retries included.',
    done: 'takes no new jobs',
    turn: (queue) => queue.seal(),
  },
  {
    name: 'unseal',
    summary: 'take new jobs again',
    description: 'Opens a sealed queue again.',
    done: 'takes new jobs',
    turn: (queue) => queue.unseal(),
  },
  {
    name: 'pause',
    summary: 'have workers take no more jobs',
    description:
      'Has all workers of the queue take no more jobs. Jobs that run go on, and puts are added while there is capacity.',
    done: 'gives workers no more jobs',
    turn: (queue) => queue.pause(),
  },
  {
    name: 'resume',
    summary: 'have workers take jobs again',
    description: 'Has the workers of a paused queue take jobs again.',
    done: 'gives workers jobs',
    turn: (queue) => queue.resume(),
  },
];

/** `sluice seal`, `unseal`, `pause` and `resume`. */
export function addSwitchCommands(program: Command, context: CommandContext): void {
  for (const each of switches) {
    const command = program
      .command(each.name)
      .summary(each.summary)
      .description(each.description)
      .argument('<queue>', 'name of the queue');
    addRedisOptions(command)
      .addHelpText('after', notesOf(each.name))
      .action((name: string, flags: RedisFlags) => turn(each, name, flags, context));
  }
}

async function turn(each: QueueSwitch, name: string, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    await each.turn(queue);
    const { sealed, paused } = await queue.stats();
    const text = `${name} ${each.done}\n`;
    await new Output(context.stdout).write(flags.json ? jsonLine({ queue: name, sealed, paused }) : text);
  });
}

function notesOf(name: string): string {
  return `
Doing it twice does no harm. It holds for all processes, until it is taken back.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli ${name} emails
  $ npx @sluice/cli ${name} emails --redis redis://localhost:6379 --json
`;
}
