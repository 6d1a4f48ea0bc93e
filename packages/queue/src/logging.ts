/** What a program's own logger needs to write as Sluice does: no credential leaves in a line. */
export { hideCredentials } from './job/logging/hide-credentials.ts';
export { logLevels, silentLogger, type Logger, type LogLevel } from './job/logging/logger.ts';
export { redactLine } from './job/logging/redact-line.ts';
