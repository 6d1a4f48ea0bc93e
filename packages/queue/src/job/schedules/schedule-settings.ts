import type { Cadence } from './cadence.ts';
import type { CatchUp } from './plan-iteration.ts';

/** What a schedule is, as it is stored in addition to what BullMQ knows of it. */
export interface ScheduleSettings {
  readonly cadence: Cadence;
  /** In milliseconds since the epoch. */
  readonly startAtMs?: number;
  readonly endAtMs?: number;
  readonly jitterMs: number;
  readonly catchUp: CatchUp;
  readonly overlap: boolean;
}

/** Another client may write anything: then it is none of ours. */
export function readSettings(json: string | null | undefined): ScheduleSettings | null {
  try {
    const found: unknown = JSON.parse(json ?? '');
    return isSettings(found) ? found : null;
  } catch {
    return null;
  }
}

function isSettings(value: unknown): value is ScheduleSettings {
  if (typeof value !== 'object' || value === null) return false;
  const { cadence, jitterMs, catchUp } = value as Partial<ScheduleSettings>;
  if (typeof cadence !== 'object' || typeof jitterMs !== 'number' || catchUp === undefined) return false;
  return 'cron' in cadence ? typeof cadence.cron === 'string' : typeof cadence.everyMs === 'number';
}
