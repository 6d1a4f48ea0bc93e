#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { Command, CommanderError } from 'commander';
import { createLogger, stopOnSignals } from '@sluice/service';
import { logLevels, silentLogger, type Logger, type LogLevel } from '@sluice/queue/logging';
import { SluiceError } from '@sluice/queue/contracts';
import { OutputFailedError } from './cli-errors.ts';
import type { CommandContext } from './commands/command-context.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addRunCommand } from './commands/run.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { nameShortage } from './own-shortage.ts';

const { env, stdin, stdout, stderr } = process;

async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.done;
  let secondSignalText = (): string => '';
  let advice: (error: unknown) => string = () => '';
  const interruption = stopOnSignals(process, {
    signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
    onFirst: () => undefined, // the command watches `interrupted`
    // Workers and the private Redis end by themselves when this process is gone.
    onSecond: () => stderr.write(`\n${secondSignalText()}\n`),
    secondExitCode: exitCodes.interrupted,
  });
  const context: CommandContext = {
    env,
    args,
    stdin,
    stdout,
    stderr,
    log: loggerFor(env['SLUICE_LOG_LEVEL']),
    interrupted: interruption.asked,
    releaseSignals: interruption.release,
    onSecondSignal: (say) => (secondSignalText = say),
    onFailure: (say) => (advice = say),
    exitWith: (code) => (exitCode = code),
  };
  try {
    await buildProgram(context).parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const error = nameShortage(thrown);
    report(error, advice(error));
    return exitCodeOf(error);
  }
}

function buildProgram(context: CommandContext): Command {
  const program = new Command('sluice')
    .description('Bounded job queues on Redis.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .showHelpAfterError('(add --help for help)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm start\n  $ pnpm sluice run urls.txt -o results.ndjson\n  $ npm run -s sluice -- run --help\n',
    );
  addRunCommand(program, context);
  addDemoCommand(program, context);
  addWorkerCommand(program, context);
  return program;
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

/** Silent, because what matters is reported as progress; a level in the environment asks for more. */
function loggerFor(level: string | undefined): Logger {
  const known = logLevels.find((name): name is LogLevel => name === level);
  return known ? createLogger({ name: 'sluice', level: known, destination: 'stderr' }) : silentLogger();
}

/** One clear sentence for what we know; the whole stack for what nobody foresaw. */
function report(error: unknown, advice: string): void {
  if (error instanceof CommanderError) return; // it has said so itself
  if (error instanceof OutputFailedError && error.readerGone) return;
  const known = error instanceof SluiceError || codeOf(error)?.startsWith('SLUICE_');
  const what = known ? (error as Error).message : error instanceof Error ? error.stack : String(error);
  stderr.write(`sluice: ${what}\n${advice === '' ? '' : `${advice}\n`}`);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

// Node gives up each address of a name but the last after 250 ms, which is too little for a host that is far or busy.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

// What is open by now (a standard input that nobody closes) must not keep the command alive.
process.exit(await main(process.argv.slice(2)));
