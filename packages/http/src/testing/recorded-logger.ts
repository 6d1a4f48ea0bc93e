import { redactLine, type Logger, type LogLevel } from '@sluice/queue/logging';
import { pino } from 'pino';

/** A logger that writes its lines into this list, as a program's own logger would. */
export function recordedLogger(lines: string[], level: LogLevel): Logger {
  const write = (line: string): void => void lines.push(line);
  return pino(
    { level, formatters: { level: (label) => ({ level: label }) }, hooks: { streamWrite: redactLine } },
    { write },
  );
}
