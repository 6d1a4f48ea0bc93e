import { pino, type Logger as PinoLogger } from 'pino';

/** A pino logger. */
export type Logger = PinoLogger;

/** From most to least; `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** A level of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** A logger that writes nothing: the default of everything that takes one. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' }, { write: () => {} });
}
