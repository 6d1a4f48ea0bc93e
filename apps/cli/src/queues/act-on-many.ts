import { createInterface } from 'node:readline/promises';
import type { ActOptions, ActProgress, ActReport } from '@sluice/queue';
import { UsageError } from '../cli-errors.ts';
import { type ActFlags, actOptionsOf } from '../commands/act-flags.ts';
import type { CommandContext } from '../commands/command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { unlessAborted } from '../until-aborted.ts';
import { shownCount } from './shown-values.ts';

/** Something that is done to many jobs. */
export interface ActionOnMany<Report> {
  /** In words, behind a count of jobs: `dead letters of emails match`. */
  readonly found: (count: number) => string;
  /** Such as `replay`. */
  readonly verb: string;
  /** Whether it is done without a question. */
  readonly isNamed: boolean;
  run(options: ActOptions): Promise<Report>;
}

/** The counts and the end of a run, as JSON shows them. */
export interface ShownRun<Report> {
  readonly dryRun: boolean;
  readonly report: Report;
}

/**
 * Counts, asks, and acts. Null when the answer was no, or Ctrl-C came before it.
 *
 * @throws UsageError when nobody can be asked
 */
export async function actOnMany<Report extends ActReport<string, string>>(
  flags: ActFlags,
  context: CommandContext,
  action: ActionOnMany<Report>,
): Promise<ShownRun<Report> | null> {
  const { interrupted: signal } = context;
  const progress = progressLine(context);
  const run = async (options: ActOptions): Promise<Report> => {
    const report = await action.run({ ...actOptionsOf(flags), ...options, signal, onProgress: progress.show });
    progress.clear();
    return report;
  };
  if (flags.dryRun) return { dryRun: true, report: await run({ dryRun: true }) };
  if (!flags.yes && !action.isNamed) {
    const { matched, stopped } = await run({ dryRun: true });
    if (stopped === 'aborted' || (matched > 0 && !(await isConfirmed(context, action, matched)))) {
      context.exitWith(signal.aborted ? exitCodes.interrupted : exitCodes.done);
      return null;
    }
  }
  const report = await run({});
  if (report.stopped === 'aborted') context.exitWith(exitCodes.interrupted);
  return { dryRun: false, report };
}

async function isConfirmed(
  { stdin, stderr, interrupted }: CommandContext,
  { found, verb }: ActionOnMany<unknown>,
  matched: number,
): Promise<boolean> {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true && stderr.isTTY === true;
  if (!isTerminal)
    throw new UsageError(`${found(matched)}: give --yes to ${verb} them, or --dry-run to count them alone`);
  const asking = createInterface({ input: stdin, output: stderr });
  const answer = await unlessAborted(asking.question(`${found(matched)}. ${verb} them? [y/N] `), interrupted);
  asking.close();
  return answer !== null && /^y(es)?$/i.test(answer.trim());
}

const SHOWN_EVERY_MS = 250;

/** On a terminal, one line that is written anew. */
function progressLine({ stderr }: CommandContext): { show: (progress: ActProgress) => void; clear: () => void } {
  let shownAtMs = performance.now();
  let isShown = false;
  return {
    show: ({ matched, looked, total }) => {
      if (!stderr.isTTY || performance.now() - shownAtMs < SHOWN_EVERY_MS) return;
      shownAtMs = performance.now();
      isShown = true;
      stderr.write(`\r\u001b[K${shownCount(matched)} found, looked at ${shownCount(looked)} of ${shownCount(total)}`);
    },
    clear: () => {
      if (isShown) stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
}

/** What is printed behind a run that stopped before its end; empty for one that did not. */
export function howToGoOn({ stopped, next }: ActReport<string, string>): string {
  if (stopped === 'end') return '';
  return next === null ? `stopped: ${stopped}\n` : `stopped: ${stopped}; go on with --cursor ${next}\n`;
}
