import { type Command, Option } from 'commander';
import { formatDuration, runWorker } from '@sluice/service';
import { type AppFlags, addAppOptions, appOf, programFlags } from './app-flags.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';

/** The options as commander hands them over. */
interface WorkerFlags extends AppFlags {
  concurrency?: number;
  drain?: number;
  healthPort?: number;
}

const DRAIN_MAX_MS = 3_600_000;

const NOTES = `
An app module is a file whose default export is defineApp({ queues, handlers }): see docs/app-module.md. All other settings come from
the environment, as for the worker image: see docs/configuration.md. A flag counts more than its variable.

The first Ctrl-C or SIGTERM drains: running jobs may end. The second leaves at once, and other workers run its jobs again.

Exit codes: 0 stopped, 1 a fault, 2 wrong usage, a wrong setting or a wrong app, 3 Redis is away or unsuitable, 128 + its number after a
second signal.

Examples:
  $ npx @sluice/cli worker --app ./dist/app.js
  $ npx @sluice/cli worker --app ./dist/app.js --queues emails,fetches=5
  $ SLUICE_APP=./dist/app.js SLUICE_QUEUES=emails=20 npx @sluice/cli worker --health-port 8081
`;

/** `sluice worker`: runs the pools of an app in this process. */
export function addWorkerCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('worker')
    .summary('run the jobs of an app')
    .description('Runs the jobs of an app: a pool for each queue, in this process, until it is asked to stop.');
  addAppOptions(command, 'queues to serve, each with =concurrency if wanted: emails,fetches=5')
    .option('--concurrency <n>', 'jobs of each queue at once (env SLUICE_CONCURRENCY; default: 10)', count(1, 1_000))
    .addOption(
      new Option(
        '--drain <duration>',
        `how long running jobs may go on at the end, up to ${formatDuration(DRAIN_MAX_MS)} (env SLUICE_DRAIN_MS; default: 20s)`,
      ).argParser(duration(0, DRAIN_MAX_MS)),
    )
    .option('--health-port <n>', 'answer /livez and /readyz on this port (env SLUICE_HEALTH_PORT)', count(0, 65_535))
    .addHelpText('after', NOTES)
    .action((flags: WorkerFlags) => run(flags, context));
}

function run({ concurrency, drain, healthPort, ...flags }: WorkerFlags, context: CommandContext): Promise<never> {
  context.releaseSignals();
  return runWorker(appOf(flags, context), {
    ...programFlags(flags),
    ...(concurrency !== undefined && { concurrency }),
    ...(drain !== undefined && { drainMs: drain }),
    ...(healthPort !== undefined && { healthPort }),
    env: { ...context.env },
  });
}
