import { CommanderError } from 'commander';
import {
  CallTooLargeError,
  ConfigError,
  DefinitionError,
  FlowInvalidError,
  JobIdInvalidError,
  OptionError,
  PayloadInvalidError,
  PutConflictError,
  PutOptionError,
  QueueClosedError,
  QueueFullError,
  TooLargeError,
  UnknownJobError,
} from '@sluice/queue/contracts';
import { NotFoundError, OutputFailedError, UsageError } from './cli-errors.ts';

/** How the command ends. Scripts may rely on these. */
export const exitCodes = {
  /** All was done. */
  done: 0,
  /** It went to its end, and some results are not ok, or some lines were not put. */
  someFailed: 1,
  /** Called in a way that cannot work; nothing was started. */
  usage: 2,
  /** The queue, Redis, the workers or the output failed; the same command goes on. */
  failed: 3,
  /** Lines are left whose hosts asked to be left alone for too long; the same command goes on. */
  notFinished: 4,
  /** Redis has no such queue, or the queue keeps no such job. */
  notFound: 5,
  /** The queue did not take the job: it was full for as long as the put may wait, or sealed, or another job has the id. */
  refused: 6,
  /** Stopped by Ctrl-C or a signal, as shells count it. */
  interrupted: 130,
  /** The reader of standard output is gone, as shells count it. */
  readerGone: 141,
} as const;

const usageErrors = [
  UsageError,
  CallTooLargeError,
  ConfigError,
  DefinitionError,
  FlowInvalidError,
  JobIdInvalidError,
  OptionError,
  PayloadInvalidError,
  PutOptionError,
  TooLargeError,
  UnknownJobError,
];

const refusals = [QueueFullError, QueueClosedError, PutConflictError];

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (usageErrors.some((kind) => error instanceof kind)) return exitCodes.usage;
  if (error instanceof NotFoundError) return exitCodes.notFound;
  if (refusals.some((kind) => error instanceof kind)) return exitCodes.refused;
  if (error instanceof OutputFailedError && error.readerGone) return exitCodes.readerGone;
  return exitCodes.failed;
}
