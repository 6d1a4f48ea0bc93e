import { type Logger, type LogLevel, redactLine } from '@sluice/queue/logging';
import { pino, stdTimeFunctions, type DestinationStream } from 'pino';

export interface LoggerOptions {
  /** The program's name, such as `worker`. It is in every line. */
  name: string;
  /**
   * Lines below this are dropped.
   *
   * @default 'info'
   */
  level?: LogLevel;
  /**
   * Where lines go: a standard stream of the process, or anything with `write(line)`. A program whose
   * standard output is data should log to `stderr`.
   *
   * @default 'stdout'
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
