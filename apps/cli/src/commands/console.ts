import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { addRedisOptions, redisUrlOf, type RedisFlags } from './redis-options.ts';

interface ConsoleFlags extends RedisFlags {
  port: number;
  operate?: true;
}

const NOTES = `
It listens on 127.0.0.1, for this machine alone, and asks for no login: each program and user of this machine may do what the
console may. Without --operate that is to look. It shows the queues of Sluice, and those of BullMQ whose names are in braces. docs/console.md shows the page.

Exit codes: 0 stopped by Ctrl-C, 2 wrong usage, 3 Redis failed.

Examples:
  $ npx @sluice/cli console --redis redis://localhost:6379
  $ npx @sluice/cli console --operate --port 9000
`;

/** `sluice console`: the page of the console over any Redis, until it is stopped. */
export function addConsoleCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('console')
    .summary('show the queues in a browser')
    .description('Serves a page that shows all queues of a Redis, without an app module, until it is stopped.')
    .option('--port <n>', 'port to listen on; 0 chooses a free one', count(0, 65_535), 8_090)
    .option('--operate', 'let the page change queues and jobs, too');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((flags: ConsoleFlags) => serveConsole(flags, context));
}

async function serveConsole(flags: ConsoleFlags, context: CommandContext): Promise<void> {
  const redis = redisUrlOf(flags, context);
  // Loaded only here: no other command needs a web server.
  const { startConsole } = await import('@sluice/http');
  const { prefix, port, operate = false } = flags;
  await using console = await startConsole({ redis, prefix, port, operator: operate, logger: context.log });
  const { url } = console;
  context.stdout.write(flags.json ? `${JSON.stringify({ url, operate })}\n` : `the console is at ${url}\n`);
  await new Promise<void>((resolve) => {
    if (context.interrupted.aborted) resolve();
    context.interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
}
