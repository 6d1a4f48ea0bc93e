import type { Command } from 'commander';
import { runService } from '@sluice/service';
import { type AppFlags, addAppOptions, appOf, programFlags } from './app-flags.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';

/** The options as commander hands them over. */
interface ServeFlags extends AppFlags {
  host?: string;
  port?: number;
}

const NOTES = `
An app module is a file whose default export is defineApp({ queues, handlers }): see docs/app-module.md. Handlers are not needed here, and
those that are imported lazily are never loaded. All other settings come from the environment, as for the producer image: see
docs/configuration.md. A flag counts more than its variable. docs/http-api.md tells what the API answers.

The first Ctrl-C or SIGTERM lets running requests end, SIGTERM after a pause for load balancers. The second leaves at once.

Exit codes: 0 stopped, 1 a fault, 2 wrong usage, a wrong setting or a wrong app, 3 Redis is away or unsuitable, 128 + its number after a
second signal.

Examples:
  $ npx @sluice/cli serve --app ./dist/app.js
  $ npx @sluice/cli serve --app ./dist/app.js --queues emails --port 3000
  $ curl -d '{"payload":{"to":"ada@example.com"}}' -H 'content-type: application/json' localhost:8080/v1/queues/emails/jobs
`;

/** `sluice serve`: the HTTP API of an app's queues. */
export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('serve')
    .summary('take jobs of an app over HTTP')
    .description('Serves the HTTP API of the queues of an app, until it is asked to stop.');
  addAppOptions(command, 'queues to serve: emails,fetches')
    .option('--host <address>', 'address to listen on (env HOST; default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on; 0 chooses a free one (env PORT; default: 8080)', count(0, 65_535))
    .addHelpText('after', NOTES)
    .action((flags: ServeFlags) => serve(flags, context));
}

function serve({ host, port, ...flags }: ServeFlags, context: CommandContext): Promise<never> {
  context.releaseSignals();
  return runService(appOf(flags, context), {
    ...programFlags(flags),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    env: { ...context.env },
  });
}
