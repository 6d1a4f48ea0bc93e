import { pino, type DestinationStream } from 'pino';
import type { Logger, LogLevel } from '../job/logging/logger.ts';
import { redactLine } from '../job/logging/redact-line.ts';

export interface TestLoggerOptions {
  /** Default `info`. */
  level?: LogLevel;
  destination: DestinationStream;
}

/** A logger that writes as a service's does: levels by name, and no credential in a line. */
export function testLogger({ level = 'info', destination }: TestLoggerOptions): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ name: 'test', level, formatters, hooks: { streamWrite: redactLine } }, destination);
}
