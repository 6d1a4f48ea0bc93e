#!/usr/bin/env node
import { stopOnSignals } from '@sluice/service';
import { Command, CommanderError } from 'commander';
import { addAllCommand } from './commands/all.ts';
import { addControlCommand } from './commands/control.ts';
import { addHttpCommand } from './commands/http.ts';
import { addLifeCommand } from './commands/life.ts';
import { addPutCommand } from './commands/put.ts';
import { addRecoverCommand } from './commands/recover.ts';
import { addTakeCommand } from './commands/take.ts';
import { addWaitCommand } from './commands/wait.ts';
import type { BenchContext } from './commands/bench-command.ts';
import { describePinning, type Pinning, pinProcesses } from './cpu-pinning.ts';

const interrupted = new AbortController();
const context: BenchContext & { pinning?: Pinning } = {
  signal: interrupted.signal,
  print: (text) => void process.stdout.write(`${text}\n`),
  onProgress: (line) => void process.stderr.write(`${line}\n`),
};
stopOnSignals(process, {
  signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
  onFirst: () => interrupted.abort(new Error('interrupted')),
  // Contenders and the private Redis end by themselves when this process is gone.
  secondExitCode: 130,
});

const program = new Command('bench')
  .description('Measures what Sluice costs, side by side with others, on a private Redis of this machine.')
  .helpOption('-h, --help', 'print help')
  .option('--no-pin', 'do not give Redis a CPU of its own and all else the others, as taskset (util-linux) can')
  .hook('preAction', async (all) => {
    context.pinning = all.opts<{ pin: boolean }>().pin ? await pinProcesses() : '--no-pin was given';
    context.onProgress(describePinning(context.pinning));
  })
  .exitOverride()
  .showHelpAfterError('(add --help for help)')
  .addHelpText(
    'after',
    '\nExamples:\n  $ pnpm bench all --quick\n  $ pnpm bench all --quick put take\n  $ pnpm bench put\n  $ pnpm bench put --json > figures.json\n  $ pnpm bench take --slots 1,100\n',
  );
addAllCommand(program, context);
addPutCommand(program, context);
addWaitCommand(program, context);
addTakeCommand(program, context);
addLifeCommand(program, context);
addRecoverCommand(program, context);
addControlCommand(program, context);
addHttpCommand(program, context);

try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  process.stderr.write(lastWords(error));
  process.exitCode = error instanceof CommanderError ? error.exitCode : interrupted.signal.aborted ? 130 : 1;
}

function lastWords(error: unknown): string {
  if (error instanceof CommanderError) return ''; // it has said so itself
  if (interrupted.signal.aborted) return 'bench: interrupted\n';
  return `bench: ${error instanceof Error ? error.stack : String(error)}\n`;
}
