import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addDeadListCommand } from './dead-list.ts';
import { addDeadPurgeCommand } from './dead-purge.ts';
import { addDeadReplayCommand } from './dead-replay.ts';
import { addDeadShowCommand } from './dead-show.ts';

/** `sluice dead`: jobs that will not be tried again. */
export function addDeadCommands(program: Command, context: CommandContext): void {
  const dead = program
    .command('dead')
    .summary('list, show, replay and purge dead letters')
    .description('Works on dead letters: jobs that will not be tried again.');
  addDeadListCommand(dead, context);
  addDeadShowCommand(dead, context);
  addDeadReplayCommand(dead, context);
  addDeadPurgeCommand(dead, context);
}
