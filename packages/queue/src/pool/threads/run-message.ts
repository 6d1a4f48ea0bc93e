import { logLevels, type LogLevel } from '@sluice/shared';
import type { Attempt } from '../../handler/attempt.ts';
import type { SeatPayload } from '../../handler/seat.ts';
import type { RunMessage } from './thread-messages.ts';

/** What is made anew in the thread: neither a signal nor a logger can be cloned, and the payload is parsed again there. */
const madeThere: ReadonlySet<string> = new Set<keyof Attempt>(['payload', 'signal', 'log']);

/** An attempt in a form that can be cloned: its data as it is, its methods by name. */
export function runMessage(attempt: Attempt, { version, json }: SeatPayload): RunMessage {
  const entries = Object.entries(attempt).filter(([name]) => !madeThere.has(name));
  const isMethod = ([, value]: [string, unknown]): boolean => typeof value === 'function';
  return {
    type: 'run',
    version,
    json,
    data: Object.fromEntries(entries.filter((entry) => !isMethod(entry))),
    methods: entries.filter(isMethod).map(([name]) => name),
    logLevel: levelOf(attempt.log.level),
  };
}

function levelOf(level: string): LogLevel {
  return logLevels.find((known) => known === level) ?? 'trace';
}
