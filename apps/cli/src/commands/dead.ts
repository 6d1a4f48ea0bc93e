import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addDeadListCommand } from './dead-list.ts';
import { addDeadPurgeCommand } from './dead-purge.ts';
import { addDeadReplayCommand } from './dead-replay.ts';
import { addDeadShowCommand } from './dead-show.ts';
import { REDIS_NOTES } from './redis-options.ts';

const NOTES = `
Replay puts dead letters back to work, purge removes them for good: both by ids or by a filter, and both count first with --dry-run.

Exit codes: 0 done, 1 some were left, 2 wrong usage, 3 Redis failed, 5 no such queue or dead letter, 6 the queue was full or sealed. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dead list emails --since 2h
  $ npx @sluice/cli dead show emails order-17
  $ npx @sluice/cli dead replay emails --code SLUICE_JOB_TIMEOUT --dry-run
  $ npx @sluice/cli dead purge emails --before 30d --yes
`;

/** `sluice dead`: jobs that will not be tried again. */
export function addDeadCommands(program: Command, context: CommandContext): void {
  const dead = program
    .command('dead')
    .summary('list, show, replay and purge dead letters')
    .description('Works on dead letters: jobs that will not be tried again.')
    .addHelpText('after', NOTES);
  addDeadListCommand(dead, context);
  addDeadShowCommand(dead, context);
  addDeadReplayCommand(dead, context);
  addDeadPurgeCommand(dead, context);
}
