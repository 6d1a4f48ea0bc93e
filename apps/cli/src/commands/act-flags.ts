import type { ActOptions } from '@sluice/queue';
import type { Command } from 'commander';
import { count } from './option-values.ts';

/** How a command acts on many jobs. */
export interface ActFlags {
  dryRun?: true;
  yes?: true;
  rate?: number;
  limit?: number;
  cursor?: string;
}

export const ACT_NOTES = `--dry-run counts the jobs that match, and changes nothing. Otherwise the count is shown first, and asked about on a terminal; without
a terminal nothing is done unless --yes is given. Ctrl-C ends a run between two batches; the cursor that is printed goes on with it.`;

/** Adds `--dry-run`, `--yes`, `--rate`, `--limit` and `--cursor`. */
export function addActOptions(command: Command, ratePerSecond: number): Command {
  return command
    .option('--dry-run', 'only count the jobs that match')
    .option('-y, --yes', 'do not ask')
    .option('--rate <n>', `the most jobs in a second (default: ${ratePerSecond})`, count(1, 10_000))
    .option('--limit <n>', 'the most jobs', count(1, 1_000_000_000))
    .option('--cursor <cursor>', 'go on where an earlier run ended');
}

/** Those that go with a run. */
export function actOptionsOf({ rate, limit, cursor }: ActFlags): ActOptions {
  return {
    ...(rate !== undefined && { ratePerSecond: rate }),
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  };
}
