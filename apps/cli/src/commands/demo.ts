import type { Command } from 'commander';
import { runDemo } from '../demo/run-demo.ts';
import { renderSummary } from '../demo/summary.ts';
import { exitCodes } from '../exit-codes.ts';
import { ProgressBar } from '../run/progress/progress-bar.ts';
import { ProgressLines } from '../run/progress/progress-lines.ts';
import type { CommandContext } from './command-context.ts';

const NOTES = `
The demo serves a small site on free ports of this machine, with fast and slow pages and with pages that hang, refuse
connections, are missing, have moved, or fail twice before they work. It fetches all of them through a queue that is much smaller
than the list, and compares every result with the expected one.

REDIS_URL is the Redis to use. Without it the demo starts a private one and stops it at the end.

Exit codes: 0 every result is as expected, 1 one is not, 3 the queue, Redis or the workers failed, 130 stopped by Ctrl-C or a
signal.

Examples:
  $ npm start
  $ REDIS_URL=redis://localhost:6379 pnpm sluice demo
`;

/** `sluice demo`, which is `npm start`: `sluice run` on a local site. */
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
    stderr.write('stopped before the end; nothing is left behind\n');
    return exitWith(exitCodes.interrupted);
  }
  stdout.write(`\n${renderSummary(summary, check)}`);
  exitWith(check.passed ? exitCodes.done : exitCodes.someFailed);
}
