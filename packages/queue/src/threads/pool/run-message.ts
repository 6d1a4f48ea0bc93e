import { logLevels, type LogLevel } from '../../job/logging/logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { ThreadPayload } from '../../job/handler/thread-handle.ts';
import type { RunMessage } from '../shared/thread-messages.ts';

/** The parts that are created again in the thread: neither a signal nor a logger can be cloned, and the payload is parsed again there. */
const MADE_THERE: ReadonlySet<string> = new Set<string>(['payload', 'signal', 'log'] satisfies (keyof Attempt)[]);

/** An attempt in a form that can be cloned: its data as it is, its methods by name. */
export function runMessage(attempt: Attempt, { version, json }: ThreadPayload): RunMessage {
  const members = namesOf(attempt)
    .filter((name) => !MADE_THERE.has(name))
    .map((name) => [name, Reflect.get(attempt, name) as unknown] as const);
  const isMethod = ([, value]: readonly [string, unknown]): boolean => typeof value === 'function';
  return {
    type: 'run',
    version,
    json,
    data: Object.fromEntries(members.filter((member) => !isMethod(member))),
    methods: members.filter(isMethod).map(([name]) => name),
    logLevel: levelOf(attempt.log.level),
  };
}

/** All that a handler can see of it, whether it is the attempt's own or its class's. */
function namesOf(attempt: object): string[] {
  const names = new Set<string>();
  for (let part: unknown = attempt; isPart(part); part = Object.getPrototypeOf(part)) {
    for (const name of Object.getOwnPropertyNames(part)) names.add(name);
  }
  names.delete('constructor');
  return [...names];
}

function isPart(part: unknown): part is object {
  return typeof part === 'object' && part !== null && part !== Object.prototype;
}

function levelOf(level: string): LogLevel {
  return logLevels.find((known) => known === level) ?? 'trace';
}
