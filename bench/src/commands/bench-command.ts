import { type Command, InvalidArgumentError } from 'commander';
import { saveFigures } from '../benchmarks-page.ts';
import type { Pinning } from '../cpu-pinning.ts';

/** What a command has of the world around it. */
export interface BenchContext {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Writes to standard output: figures only. */
  readonly print: (text: string) => void;
  /** Writes to standard error: what is going on. */
  readonly onProgress: (line: string) => void;
  /** How this process is pinned to CPUs, or why it is not. */
  readonly pinning?: Pinning;
}

/** Reads a whole number of a range. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** What every bench is asked about its report. */
export interface ReportFlags {
  json?: true;
  save?: true;
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--json', 'print the figures as JSON')
    .option('--save', 'keep the figures and renew docs/benchmarks.md');
}

/** Prints a report, and keeps it when asked to. `section` is the report for people. */
export async function showReport(
  { print }: BenchContext,
  { json, save }: ReportFlags,
  report: { readonly bench: string },
  section: string,
): Promise<void> {
  print(json ? JSON.stringify(report, null, 2) : section);
  if (save) await saveFigures(report.bench, report, section);
}
