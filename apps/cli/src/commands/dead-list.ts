import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addFilterOptions, FILTER_NOTES } from './filter-flags.ts';
import { addListOptions, type JobsFlags, listJobs } from './jobs.ts';
import { addRedisOptions, REDIS_NOTES } from './redis-options.ts';

const NOTES = `
The last job to die comes first. ${FILTER_NOTES}

Exit codes: 0 listed, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dead list emails
  $ npx @sluice/cli dead list emails --code SLUICE_JOB_TIMEOUT --since 2h --json
`;

/** `sluice dead list`: the dead letters of a queue. */
export function addDeadListCommand(dead: Command, context: CommandContext): void {
  const command = dead
    .command('list')
    .summary('list the dead letters of a queue')
    .description('Lists the dead letters of a queue, by kind, failure, worker, time and payload.')
    .argument('<queue>', 'name of the queue');
  addRedisOptions(addListOptions(addFilterOptions(command)))
    .addHelpText('after', NOTES)
    .action(async (name: string, flags: JobsFlags) => {
      await listJobs(name, { ...flags, state: ['dead'] }, context);
    });
}
