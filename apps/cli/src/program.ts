import { Command, CommanderError } from 'commander';
import { SluiceError } from '@sluice/queue/contracts';
import { OutputFailedError } from './cli-errors.ts';
import { addCancelCommand } from './commands/cancel.ts';
import { addCapacityCommand } from './commands/capacity.ts';
import type { CommandContext } from './commands/command-context.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addContractsCommands } from './commands/contracts.ts';
import { addWaitersCommand } from './commands/waiters.ts';
import { addDedupeCommand } from './commands/dedupe.ts';
import { addDeadCommands } from './commands/dead.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addEditCommand } from './commands/edit.ts';
import { addFlowCommands } from './commands/flow.ts';
import { addInitCommand } from './commands/init.ts';
import { addJobCommand } from './commands/job.ts';
import { addFindCommand, addJobsCommand } from './commands/jobs.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addPoolsCommand } from './commands/pools.ts';
import { addPoisonCommand } from './commands/poison.ts';
import { addPutCommand } from './commands/put.ts';
import { addLimitsCommand } from './commands/limits.ts';
import { addSwitchCommands } from './commands/queue-switches.ts';
import { addRunCommand } from './commands/run.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSchedulesCommand } from './commands/schedules.ts';
import { addStatusCommand } from './commands/status.ts';
import { addWhyCommand } from './commands/why.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { nameShortage } from './own-shortage.ts';
import { ownVersion } from './own-version.ts';

/** What the process gives to the command that runs. */
export type ProgramHost = Omit<CommandContext, 'onFailure' | 'exitWith'>;

/** Runs the command that the arguments name, and returns how the process is to end. What goes wrong is printed on standard error. */
export async function runProgram(host: ProgramHost): Promise<number> {
  let exitCode: number = exitCodes.done;
  let advice: (error: unknown) => string = () => '';
  const context: CommandContext = {
    ...host,
    onFailure: (say) => (advice = say),
    exitWith: (code) => (exitCode = code),
  };
  try {
    await buildProgram(context).parseAsync([...host.args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const error = nameShortage(thrown);
    report(context, error, advice(error));
    return exitCodeOf(error);
  }
}

const EXAMPLES = `
Examples:
  $ npx @sluice/cli init my-app
  $ npx @sluice/cli worker --app ./dist/app.js --queues emails=20
  $ npx @sluice/cli status --watch --redis redis://localhost:6379
  $ npx @sluice/cli run urls.txt -o results.ndjson
  $ npx @sluice/cli put --help
`;

function buildProgram(context: CommandContext): Command {
  const program = new Command('sluice')
    .description('Bounded job queues on Redis.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .showHelpAfterError('(add --help for help)')
    .addHelpText('after', EXAMPLES);
  program.commandsGroup('A project of your own:');
  addInitCommand(program, context);
  addWorkerCommand(program, context);
  addServeCommand(program, context);
  addContractsCommands(program, context);
  program.commandsGroup('Queues:');
  addPutCommand(program, context);
  addFlowCommands(program, context);
  addConsoleCommand(program, context);
  addStatusCommand(program, context);
  addJobsCommand(program, context);
  addJobCommand(program, context);
  addWhyCommand(program, context);
  addFindCommand(program, context);
  addEditCommand(program, context);
  addDeadCommands(program, context);
  addPoisonCommand(program, context);
  addCancelCommand(program, context);
  addCapacityCommand(program, context);
  addSwitchCommands(program, context);
  addLimitsCommand(program, context);
  addPoolsCommand(program, context);
  addWaitersCommand(program, context);
  addDedupeCommand(program, context);
  addSchedulesCommand(program, context);
  addKeysCommands(program, context);
  program.commandsGroup('Lists of URLs:');
  addRunCommand(program, context);
  addDemoCommand(program, context);
  return program;
}

/** One clear sentence for what we know; the whole stack for what nobody foresaw. */
function report({ stderr }: CommandContext, error: unknown, advice: string): void {
  if (error instanceof CommanderError) return; // it has said so itself
  if (error instanceof OutputFailedError && error.readerGone) return;
  const known = error instanceof SluiceError || codeOf(error)?.startsWith('SLUICE_');
  const what = known ? (error as Error).message : error instanceof Error ? error.stack : String(error);
  stderr.write(`sluice: ${what}\n${advice === '' ? '' : `${advice}\n`}`);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
