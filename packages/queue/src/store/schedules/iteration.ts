import { dueTimes } from '../../job/schedules/cadence.ts';
import type { ScheduleSettings } from '../../job/schedules/schedule-settings.ts';
import type { StoredOptions } from '../../job/stored-options.ts';

/** The next job of a schedule. */
export interface Iteration {
  /** When it is due by the schedule, in milliseconds since the epoch: its id names it. */
  readonly dueMs: number;
  /** When it may be taken, by Redis's clock. */
  readonly atMs: number;
  readonly jitterMs: number;
  /** Its options as BullMQ would have stored them, as JSON. */
  readonly options: string;
}

export interface IterationOf {
  readonly schedule: string;
  readonly settings: ScheduleSettings;
  /** Options of all its jobs. */
  readonly template: StoredOptions;
  readonly dueMs: number;
  /** The schedule's clock. A test may have moved it ahead of Redis's. */
  readonly nowMs: number;
  readonly movedMs: number;
}

/** A random time after it is due, where the schedule has a jitter and is not behind; no later than the next one is due. */
export function iterationOf({ schedule, settings, template, dueMs, nowMs, movedMs }: IterationOf): Iteration {
  const following = dueTimes(settings).after(dueMs) ?? Infinity;
  const most = dueMs > nowMs ? Math.min(settings.jitterMs, following - dueMs - 1) : 0;
  const jitterMs = Math.floor(Math.random() * (most + 1));
  const atMs = Math.max(dueMs, nowMs) - movedMs + jitterMs;
  const options = {
    ...template,
    jobId: `repeat:${schedule}:${dueMs}`,
    delay: Math.max(atMs + movedMs - nowMs, 0),
    repeat: { ...repeatOptions(settings), count: 1 },
    prevMillis: dueMs,
    repeatJobKey: schedule,
  };
  return { dueMs, atMs, jitterMs, options: JSON.stringify(options) };
}

/** The cadence in BullMQ's words: what its tools show, and a plain Worker goes by. */
export function repeatOptions({ cadence, startAtMs, endAtMs }: ScheduleSettings): Record<string, string | number> {
  return {
    ...('cron' in cadence ? { pattern: cadence.cron, tz: cadence.timeZone } : { every: cadence.everyMs }),
    ...(startAtMs !== undefined && { startDate: startAtMs }),
    ...(endAtMs !== undefined && { endDate: endAtMs }),
  };
}
