import { CommanderError } from 'commander';
import { ConfigError } from '@sluice/queue/contracts';
import { OutputFailedError, UsageError } from './cli-errors.ts';

/** How the command ends. Scripts may rely on these. */
export const exitCodes = {
  /** All was fetched. */
  done: 0,
  /** The run went to its end, and some results are not ok. */
  someFailed: 1,
  /** Called in a way that cannot work; nothing was started. */
  usage: 2,
  /** The queue, Redis, the workers or the output failed; the same command goes on. */
  failed: 3,
  /** Lines are left whose hosts asked to be left alone for too long; the same command goes on. */
  notFinished: 4,
  /** Stopped by Ctrl-C or a signal, as shells count it. */
  interrupted: 130,
  /** The reader of standard output is gone, as shells count it. */
  readerGone: 141,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UsageError || error instanceof ConfigError) return exitCodes.usage;
  if (error instanceof OutputFailedError && error.readerGone) return exitCodes.readerGone;
  return exitCodes.failed;
}
