import { Option, type Command } from 'commander';
import { fetchUrl } from '@sluice/shared';
import { formatDuration } from '@sluice/service';
import { UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { ProgressBar } from '../run/progress/progress-bar.ts';
import { ProgressLines } from '../run/progress/progress-lines.ts';
import { listErrors } from '../run/results/list-errors.ts';
import { silentReport, type ProgressReport } from '../run/progress/progress.ts';
import { descriptorOf } from '../run/streams/descriptor.ts';
import { runFetches } from '../run/run-fetches.ts';
import { bodyModes, runDefaults, type BodyMode, type RunOptions, type RunSummary } from '../run/run-options.ts';
import { summaryText } from '../run/progress/summary-text.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';
import { shownCommand } from './shown-command.ts';

/** The options as commander hands them over. */
interface RunFlags {
  out?: string;
  capacity: number;
  workers: number;
  concurrency: number;
  perHost: number;
  timeout: number;
  attempts: number;
  retryAfterMax: number;
  body: BodyMode;
  redis?: string;
  state?: string;
  restart?: true;
  retryFailed?: true;
  onlyErrors?: true;
  allowPrivate?: true;
  quiet?: true;
}

const NOTES = `
Each line of the input is a URL, optionally followed by a tab and a note. Blank lines and lines that start with # are skipped. A
URL that contains a blank is BAD_URL. Lines end with LF, CRLF or CR; the list is UTF-8 or UTF-16.
Each line of the output is the result of one line as JSON, in the order of completion: line, url, ok, status, finalUrl,
ms, bytes, sha256, contentType, attempts, body (when asked for), error (null, or its code and message).

A run with a file as input and -o is resumable: after any crash, even kill -9, run the same command again. What it needs
for that is stored next to the output, in <out>.sluice, until the run is finished.
The first Ctrl-C waits for running fetches; the second stops at once.

Exit codes: 0 all fetched, 1 some failed, 2 wrong usage, 3 the queue, Redis, the workers or the output failed or this
machine has run out of something that the message names,
4 lines are left for the same command, because their hosts asked for a pause longer than --retry-after-max,
130 stopped by Ctrl-C or a signal, 141 the reader of standard output has closed it.

Examples:
  $ pnpm sluice run urls.txt -o results.ndjson
  $ pnpm sluice run urls.txt -o results.ndjson --workers 4 --concurrency 50 --timeout 5s
  $ pnpm sluice run api.txt -o api.ndjson --body json --attempts 5 --per-host 2
  $ pnpm sluice run urls.txt -o results.ndjson --redis redis://localhost:6379
  $ cat urls.txt | npm run -s sluice -- run - | head
`;

/** `sluice run`: fetches a list of URLs through a bounded queue. */
export function addRunCommand(program: Command, context: CommandContext): void {
  const { capacity, workers, concurrency, perHost, timeoutMs, attempts, retryAfterMaxMs, body } = runDefaults;
  program
    .command('run')
    .summary('fetch a list of URLs through a bounded queue, one result per line')
    .description(
      'Fetches a list of URLs through a bounded queue and a pool of worker processes: one result for every line.',
    )
    .argument('<file>', 'list of URLs, one on each line; - reads standard input')
    .option('-o, --out <file>', 'write results to this file (default: standard output)')
    .option('--capacity <n>', 'maximum number of unfinished URLs in the queue', count(1, 1_000_000), capacity)
    .option('--workers <n>', 'worker processes', count(1, 256), workers)
    .option('--concurrency <n>', 'URLs that one worker fetches at a time', count(1, 1_000), concurrency)
    .option('--per-host <n>', 'maximum number of unfinished URLs per host', count(1, 1_000_000), perHost)
    .addOption(
      new Option('--timeout <duration>', 'deadline of one attempt, such as 1500ms, 5s or 2m')
        .argParser(duration(1, fetchUrl.timeoutMaxMs))
        .default(timeoutMs, formatDuration(timeoutMs)),
    )
    .option('--attempts <n>', 'maximum number of attempts per URL', count(1, 1_000), attempts)
    .addOption(
      new Option('--retry-after-max <duration>', 'longest pause that a host may ask for (Retry-After)')
        .argParser(duration(1, 86_400_000))
        .default(retryAfterMaxMs, formatDuration(retryAfterMaxMs)),
    )
    .addOption(new Option('--body <mode>', 'body in the results').choices(bodyModes).default(body))
    .option('--redis <url>', 'address of the Redis to use: redis:, rediss: or unix: (default: a private one)')
    .option('--state <dir>', 'folder for what a later run needs to resume (default: <out>.sluice)')
    .option('--restart', 'discard an earlier run and its results, and start over')
    .addOption(
      new Option('--retry-failed', 'keep the successful results, and fetch the failed lines again').conflicts(
        'restart',
      ),
    )
    .addOption(
      new Option(
        '--only-errors',
        'fetch nothing: print the lines whose result in -o is an error, as a new list',
      ).conflicts(['restart', 'retryFailed']),
    )
    .option('--allow-private', 'fetch private, loopback and link-local addresses too')
    .option('--quiet', 'no progress and no summary')
    .addHelpText('after', NOTES)
    .action((input: string, flags: RunFlags) => run(input, flags, context));
}

async function run(input: string, flags: RunFlags, context: CommandContext): Promise<void> {
  const { stderr, env, stdin, stdout, log, interrupted, args } = context;
  const options = await resolve(input, flags);
  if (flags.onlyErrors) return listErrors(options, stdout);
  const goOn = shownCommand(args, env);
  let isKept = false;
  context.onSecondSignal(() => (isKept ? `stopped. To go on:\n  ${goOn}` : 'stopped.'));
  context.onFailure((error) =>
    isKept && !(error instanceof UsageError) ? `What was fetched is kept. To go on:\n  ${goOn}` : '',
  );
  const report = flags.quiet || showsResults(options, stdout) ? notesOnly(stderr) : progressOn(stderr);
  interrupted.addEventListener('abort', () => {
    report.note('stopping: running fetches may end; once more stops at once');
  });
  const summary = await runFetches(options, {
    report,
    signal: interrupted,
    log,
    env,
    stdin,
    stdout,
    onKept: () => (isKept = true),
  });
  if (summary.interrupted) stderr.write(interruptedText(summary, goOn));
  else if (!flags.quiet) stderr.write(summaryText(summary) + retryText(summary, goOn));
  if (!summary.interrupted && summary.givenUp > 0) stderr.write(`not finished. To go on later:\n  ${goOn}\n`);
  context.exitWith(exitCodeFor(summary));
}

async function resolve(input: string, flags: RunFlags): Promise<RunOptions> {
  const { capacity, workers, concurrency, perHost, timeout, attempts, retryAfterMax, body } = flags;
  return {
    input,
    out: flags.out === undefined || flags.out === '-' || (await descriptorOf(flags.out)) === 1 ? null : flags.out,
    capacity,
    workers,
    concurrency,
    perHost,
    timeoutMs: timeout,
    attempts,
    retryAfterMaxMs: retryAfterMax,
    body,
    redis: flags.redis ?? null,
    stateDir: flags.state ?? null,
    restart: flags.restart ?? false,
    retryFailed: flags.retryFailed ?? false,
    allowPrivate: flags.allowPrivate ?? false,
  };
}

function progressOn(stderr: CommandContext['stderr']): ProgressReport {
  return stderr.isTTY ? new ProgressBar(stderr) : new ProgressLines(stderr);
}

function notesOnly(stderr: CommandContext['stderr']): ProgressReport {
  return { ...silentReport, note: (line) => void stderr.write(`${line}\n`) };
}

/** Results on a terminal are progress enough; a bar would be drawn across them. */
function showsResults({ out }: RunOptions, stdout: CommandContext['stdout']): boolean {
  return out === null && stdout.isTTY === true;
}

function interruptedText({ lines, resumable }: RunSummary, goOn: string): string {
  const rest = resumable ? `To go on:\n  ${goOn}\n` : 'This run cannot be resumed.\n';
  return `stopped with ${lines.toLocaleString('en-US')} results written. ${rest}`;
}

/** How to fetch what failed once more; nothing when that cannot help or is not possible. */
function retryText({ retryable, resumable, givenUp }: RunSummary, goOn: string): string {
  if (retryable === 0 || !resumable || givenUp > 0) return '';
  return `To fetch what failed again:\n  ${goOn.includes(' --retry-failed') ? goOn : `${goOn} --retry-failed`}\n`;
}

function exitCodeFor({ interrupted, givenUp, failed }: RunSummary): number {
  if (interrupted) return exitCodes.interrupted;
  if (givenUp > 0) return exitCodes.notFinished;
  return failed > 0 ? exitCodes.someFailed : exitCodes.done;
}
