import type { Command } from 'commander';
import { runDemo } from '../demo/run-demo.ts';
import { renderSummary } from '../demo/summary.ts';
import { exitCodes } from '../exit-codes.ts';
import { ProgressBar } from '../run/progress/progress-bar.ts';
import { ProgressLines } from '../run/progress/progress-lines.ts';
import type { CommandContext } from './command-context.ts';

const NOTES = `
It serves a small site on free ports of this machine: fast pages and slow ones, some that hang, refuse, are missing, have
moved, or fail twice before they work. Then it fetches them all through a queue that is much smaller than the list, and
compares every result with what the site meant.

REDIS_URL names the Redis to use; without it a private one is started, and stopped at the end.

Exit codes: 0 every page ended as the site meant it, 1 one did not, 3 the queue, Redis or the workers failed,
130 stopped by Ctrl-C or a signal.

Examples:
  $ npm start
  $ REDIS_URL=redis://localhost:6379 pnpm sluice demo
`;

/** `sluice demo`, which is `npm start`: the main job, on a site of its own. */
export function addDemoCommand(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .summary('see a bounded queue at work on a small local site')
    .description('Fetches the pages of a small local site through a bounded queue, and checks every result.')
    .addHelpText('after', NOTES)
    .action(() => demo(context));
}

async function demo({ env, stdout, stderr, log, interrupted, exitWith }: CommandContext): Promise<void> {
  const report = stderr.isTTY ? new ProgressBar(stderr) : new ProgressLines(stderr);
  const { summary, check } = await runDemo(
    { redis: env['REDIS_URL'] || null },
    { report, signal: interrupted, log, env },
  );
  if (summary.interrupted) {
    stderr.write('stopped before its end; nothing is left of it\n');
    return exitWith(exitCodes.interrupted);
  }
  stdout.write(`\n${renderSummary(summary, check)}`);
  exitWith(check.passed ? exitCodes.done : exitCodes.someFailed);
}
