import { pino } from 'pino';
import type { Logger, LogLevel } from './logger.ts';

/** What a relayed line holds. What was logged is kept apart, so that no field of it can pass for one of these. */
interface RelayedLine {
  readonly level: number;
  readonly msg?: string;
  readonly fields?: { readonly err?: unknown };
}

/**
 * A logger for a place without an output of its own, such as a thread: hands each line to `send`. Where the output is,
 * {@link writeRelayed} writes it.
 *
 * @param level lines below this are not sent
 */
export function relayLogger(level: LogLevel, send: (line: string) => void): Logger {
  return pino({ level, base: null, timestamp: false, nestedKey: 'fields' }, { write: send });
}

/** Writes a line of a {@link relayLogger} through another logger, which adds its own fields and hides what it hides. */
export function writeRelayed(logger: Logger, line: string): void {
  const { level, msg, fields, ...bindings } = JSON.parse(line) as RelayedLine;
  const label = logger.levels.labels[level];
  if (!isWritable(label)) return;
  logger[label]({ ...bindings, ...withErrorType(fields) }, msg ?? '');
}

/** pino names an error's type by its constructor, or else by its name: what was an error there is a plain object here. */
function withErrorType(fields: { readonly err?: unknown } = {}): object {
  const { err } = fields;
  if (typeof err !== 'object' || err === null || !('type' in err)) return fields;
  const bare: object = Object.assign(Object.create(null), err);
  return { ...fields, err: Object.defineProperty(bare, 'name', { value: err.type, enumerable: false }) };
}

const writable = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

function isWritable(label: string | undefined): label is (typeof writable)[number] {
  return writable.some((known) => known === label);
}
