import { Cron } from 'croner';

/** When a schedule is due: by the calendar of a time zone, or every so often. */
export type Cadence =
  | {
      /**
       * Five fields (minute, hour, day of month, month, day of week), or six with the second before them; or `@hourly`, `@daily`,
       * `@weekly`, `@monthly`, `@yearly`. When the clocks go forward, a time that does not exist is the moment of the change; when
       * they go back, a fixed time that comes twice is the first, and `*` or a step such as every second hour is both.
       */
      readonly cron: string;
      /** An IANA name, such as `Europe/Berlin` or `UTC`. */
      readonly timeZone: string;
    }
  | {
      /** From 1,000 ms to 366 days: at each multiple of it since 1970 in UTC, or since `startAt`. */
      readonly everyMs: number;
    };

/** A cadence from a beginning to an end, in milliseconds since the epoch. */
export interface CadenceWithin {
  readonly cadence: Cadence;
  readonly startAtMs?: number | undefined;
  readonly endAtMs?: number | undefined;
}

/** The times at which a schedule is due. */
export interface DueTimes {
  /** The first one after a time; null when there is none any more. */
  after(ms: number): number | null;
  /** The last ones up to a time, at most `most`, the earliest first. */
  lastUpTo(ms: number, most: number): number[];
}

/** Why a cron expression or its time zone cannot be used; null when it can. */
export function cronProblem(cron: string, timeZone: string): string | null {
  const fields = cron.trim().split(/\s+/).length;
  if (!cron.trim().startsWith('@') && fields !== 5 && fields !== 6)
    return `has ${cron.trim() === '' ? 'no' : fields} fields, not five, or six with seconds`;
  try {
    const next = new Cron(cron, { timezone: timeZone }).nextRun();
    return next ? null : 'never comes';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string' || /^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function dueTimes({ cadence, startAtMs, endAtMs = Infinity }: CadenceWithin): DueTimes {
  const from = startAtMs ?? -Infinity;
  const times =
    'cron' in cadence ? cronTimes(cadence.cron, cadence.timeZone) : regularTimes(cadence.everyMs, startAtMs);
  return {
    after: (ms) => {
      const next = times.after(Math.max(ms, from - 1));
      return next !== null && next <= endAtMs ? next : null;
    },
    lastUpTo: (ms, most) => times.lastUpTo(Math.min(ms, endAtMs), most).filter((time) => time >= from),
  };
}

function cronTimes(cron: string, timezone: string): DueTimes {
  const pattern = new Cron(cron, { timezone });
  return {
    after: (ms) => pattern.nextRun(new Date(ms))?.getTime() ?? null,
    lastUpTo: (ms, most) =>
      pattern
        .previousRuns(most, new Date(ms + 1))
        .map((date) => date.getTime())
        .toReversed(),
  };
}

function regularTimes(everyMs: number, startAtMs = 0): DueTimes {
  const last = (ms: number): number => startAtMs + Math.floor((ms - startAtMs) / everyMs) * everyMs;
  return {
    after: (ms) => last(ms) + everyMs,
    lastUpTo: (ms, most) => Array.from({ length: most }, (_, i) => last(ms) - (most - 1 - i) * everyMs),
  };
}
