import { pino, stdTimeFunctions, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { redactLine } from './redact-line.ts';

export type Logger = PinoLogger;

/** From most to least; `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** Which program writes, such as `worker`. Stands in every line. */
  name: string;
  /** Lines below this are dropped. Default `info`. */
  level?: LogLevel;
  /**
   * Where lines go: a standard stream of the process, or anything with `write(line)`. Default `stdout`; a program whose
   * standard output is data logs to `stderr`.
   */
  destination?: 'stdout' | 'stderr' | DestinationStream;
}

/**
 * A pino logger: one JSON object per line, with `level` by name and `time` in ISO 8601.
 *
 * No credential leaves through it: passwords, API keys, authorization headers, cookies, `user:password@` in URLs and the
 * arguments of Redis commands are hidden in every line, at any depth, also in messages, errors and causes. Not known to
 * it is a secret that stands alone in a sentence, so do not write one.
 */
export function createLogger({ name, level = 'info', destination = 'stdout' }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redactLine },
    },
    typeof destination === 'string' ? pino.destination(destination === 'stdout' ? 1 : 2) : destination,
  );
}

/** A logger that writes nothing: the default of everything that takes one. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' }, { write: () => {} });
}

export interface JobLogFields {
  queue: string;
  /** Name of the contract. */
  job: string;
  jobId: string;
  /** From 1. Absent where no attempt runs. */
  attempt?: number;
}

/** A logger whose every line names the job that it is about, by the same four fields everywhere. */
export function jobLogger(logger: Logger, { queue, job, jobId, attempt }: JobLogFields): Logger {
  return logger.child(attempt === undefined ? { queue, job, jobId } : { queue, job, jobId, attempt });
}
