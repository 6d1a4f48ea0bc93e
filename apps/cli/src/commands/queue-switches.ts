import type { Admin } from '@sluice/queue';
import type { Command } from 'commander';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface SwitchFlags extends RedisFlags {
  job?: string;
}

interface QueueSwitch {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly done: string;
  /** Whether it can be done to one contract alone. */
  readonly ofJob?: true;
  readonly turn: (queue: Admin, of: { job?: string }) => Promise<void>;
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
    ofJob: true,
    turn: (queue, of) => queue.pause(of),
  },
  {
    name: 'resume',
    summary: 'have workers take jobs again',
    description: 'Has the workers of a paused queue take jobs again.',
    done: 'gives workers jobs',
    ofJob: true,
    turn: (queue, of) => queue.resume(of),
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
    if (each.ofJob)
      command.option('--job <name>', 'only the jobs of this contract; plain BullMQ Workers take them all the same');
    addRedisOptions(command)
      .addHelpText('after', notesOf(each))
      .action((name: string, flags: SwitchFlags) => turn(each, name, flags, context));
  }
}

async function turn(each: QueueSwitch, name: string, flags: SwitchFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const { job } = flags;
    await each.turn(queue, job === undefined ? {} : { job });
    const [{ sealed, paused }, { jobs }] = await Promise.all([queue.stats(), queue.limits.get()]);
    const pausedJobs = Object.keys(jobs).filter((each) => jobs[each]?.paused);
    const text = `${name} ${each.done}${job === undefined ? '' : ` of ${job}`}\n`;
    await new Output(context.stdout).write(flags.json ? jsonLine({ queue: name, sealed, paused, pausedJobs }) : text);
  });
}

function notesOf({ name, ofJob }: QueueSwitch): string {
  return `
Doing it twice does no harm. It holds for all processes, until it is taken back.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli ${name} emails
  $ npx @sluice/cli ${name} emails --redis redis://localhost:6379 --json
${ofJob ? `  $ npx @sluice/cli ${name} emails --job email.send\n` : ''}`;
}
