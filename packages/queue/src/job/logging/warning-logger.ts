import { pino } from 'pino';
import type { Logger } from './logger.ts';
import { redactLine } from './redact-line.ts';

/** The `warning` of a log line that must be seen even without a logger. docs/operations.md lists them. */
export type WarningCode =
  | 'redis-may-evict'
  | 'redis-known-hole'
  | 'redis-lost'
  | 'slots-above-capacity'
  | 'batch-above-slots'
  | 'leases-not-renewed'
  | 'jobs-not-served'
  | 'fault';

/** So many different ones have said enough. */
const WARNINGS_MAX = 100;

/** Codes and what they are about that this process has been warned of. */
const warned = new Set<string>();

/**
 * The logger where the caller gave none: lines with a `warning` become warnings of the process (`process.emitWarning`), each once for a
 * queue or a Redis; all others are dropped. A logger that is silent mutes these, too.
 */
export function warningLogger(): Logger {
  return pino({ base: null, level: 'warn', timestamp: false, hooks: { streamWrite: redactLine } }, { write: warnOnce });
}

function warnOnce(line: string): void {
  if (!line.includes('"warning":"')) return;
  const { warning, msg, level: _level, ...details } = JSON.parse(line) as Line;
  const about = details.queue ?? details.redis ?? '';
  const key = `${warning} ${about}`;
  if (warned.has(key) || warned.size >= WARNINGS_MAX) return;
  warned.add(key);
  const message = about === '' ? msg : `${msg} (${about})`;
  process.emitWarning(message, { type: 'SluiceWarning', code: warning, detail: JSON.stringify(details) });
}

interface Line {
  readonly warning: WarningCode;
  readonly msg: string;
  readonly queue?: string;
  readonly redis?: string;
  readonly [field: string]: unknown;
}
