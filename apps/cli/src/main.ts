#!/usr/bin/env node
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { createLogger, stopOnSignals } from '@sluice/service';
import { logLevels, silentLogger, type Logger, type LogLevel } from '@sluice/queue/logging';
import { exitCodes } from './exit-codes.ts';
import { runProgram } from './program.ts';

const { env, stdin, stdout, stderr } = process;

async function main(args: readonly string[]): Promise<number> {
  let secondSignalText = (): string => '';
  const interruption = stopOnSignals(process, {
    signals: ['SIGINT', 'SIGTERM', 'SIGHUP'],
    onFirst: () => undefined, // the command watches `interrupted`
    // Workers and the private Redis end by themselves when this process is gone.
    onSecond: () => stderr.write(`\n${secondSignalText()}\n`),
    secondExitCode: exitCodes.interrupted,
  });
  return runProgram({
    env,
    args,
    stdin,
    stdout,
    stderr,
    log: loggerFor(env['SLUICE_LOG_LEVEL']),
    interrupted: interruption.asked,
    releaseSignals: interruption.release,
    onSecondSignal: (say) => (secondSignalText = say),
  });
}

/** Silent, because what matters is reported as progress; a level in the environment asks for more. */
function loggerFor(level: string | undefined): Logger {
  const known = logLevels.find((name): name is LogLevel => name === level);
  return known ? createLogger({ name: 'sluice', level: known, destination: 'stderr' }) : silentLogger();
}

// Node gives up each address of a name but the last after 250 ms, which is too little for a host that is far or busy.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

// What is open by now (a standard input that nobody closes) must not keep the command alive.
process.exit(await main(process.argv.slice(2)));
